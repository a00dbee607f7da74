"""One page of a session, or of a person over time, to read and to print."""
