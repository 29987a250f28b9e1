"""Run all of Scale on one machine: set-up, embedded servers, processes, the demo and the tests."""
