"""A fleet of simulated terminals: real envelopes over real TLS, thousands in a few processes."""
