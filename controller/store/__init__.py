"""SQLAlchemy Core tables and stores; Alembic migrations."""
