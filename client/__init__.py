"""The command-line client: talks to Scale's REST API and knows nothing else of Scale."""
