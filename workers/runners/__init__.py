"""How a program is run: directly on the worker, or in a container."""

from workers.runners.base import Runner
from workers.runners.container import ContainerRunner
from workers.runners.process import ProcessRunner

__all__ = ["ContainerRunner", "ProcessRunner", "Runner"]
