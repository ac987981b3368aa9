"""Run by Alembic: migrate over the connection that controller.store.migrate hands over."""

from alembic import context

from controller.store.schema import COMPLETE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=COMPLETE,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
