"""Speech for people who do not see the screen: what is said, and the engine that says it."""
