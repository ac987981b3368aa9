"""A whole demo zone on one machine, and its remote hand. Nothing else imports this."""
