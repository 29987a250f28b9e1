"""The chaos suite: break everything around Scale on purpose and prove that no job suffers.

Knows Scale as its users and operators do: by its REST API, its processes, its tables and its files;
imports nothing of it but the launcher.
"""
