import ast
import re

import pytest

from tests.architecture.source import PACKAGES, ROOT, SERVED, modules, our_files

DISPATCH = "scale/dispatch.py"
PUBLISHING = {"on_commit", "send_task", "apply_async", "apply_catch", "delay", "Producer"}
#: The only modules that listen to Celery's own signals; Django's are listened to by none.
CELERY_SIGNALS = {"scale/celery.py", "workers/signals.py", "beat/signals.py"}
DJANGO_SIGNALS = {"django.dispatch", "django.db.models.signals", "django.core.signals"}

MAX_LINES = 300
MAX_TEST_LINES = 500


def calls(tree: ast.AST, names: set[str]) -> list[ast.Call]:
    """Return the calls of methods or functions of these names."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "attr", None) or getattr(node.func, "id", None)) in names
    ]


def imports(tree: ast.AST) -> set[str]:
    """Return the full names of what a module imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def bare_saves(tree: ast.AST) -> list[int]:
    """Return the lines that save a whole row over what others wrote meanwhile."""
    return [
        call.lineno
        for call in calls(tree, {"save"})
        if not {"update_fields", "force_insert"} & {keyword.arg for keyword in call.keywords}
    ]


def test_commit_hooks_and_messages_come_from_dispatch_only():
    elsewhere = {
        module.path: [call.lineno for call in found]
        for module in modules(*SERVED)
        if module.path != DISPATCH and (found := calls(module.tree, PUBLISHING))
    }

    assert elsewhere == {}


def test_commit_hooks_are_robust():
    (dispatch,) = [module for module in modules("scale") if module.path == DISPATCH]
    hooks = calls(dispatch.tree, {"on_commit"})

    assert hooks
    for hook in hooks:
        assert {keyword.arg: keyword.value.value for keyword in hook.keywords}["robust"] is True


def test_no_row_is_saved_whole():
    found = {
        module.path: lines for module in modules(*SERVED) if (lines := bare_saves(module.tree))
    }

    assert found == {}


@pytest.mark.parametrize("code", ["job.save()", "job.save(using='default')"])
def test_scan_sees_a_row_saved_whole(code):
    assert bare_saves(ast.parse(code))


def test_nobody_listens_to_signals_of_django():
    found = {
        module.path: names
        for module in modules(*SERVED)
        if (names := {name for name in imports(module.tree) if name in DJANGO_SIGNALS})
        or calls(module.tree, {"receiver"})
    }

    assert found == {}


def test_signals_of_celery_are_listened_to_in_their_places():
    found = {module.path for module in modules(*SERVED) if "celery.signals" in imports(module.tree)}

    assert found == CELERY_SIGNALS


def test_modules_are_short():
    too_long = {
        module.path: length
        for module in modules(*PACKAGES, "examples")
        if (length := module.text.count("\n")) > MAX_LINES
    }

    assert too_long == {}


def test_tests_are_short():
    too_long = {
        module.path: length
        for module in modules("tests")
        if (length := module.text.count("\n")) > MAX_TEST_LINES
    }

    assert too_long == {}


def test_no_place_of_a_developers_machine_is_named():
    places = re.compile(rb"(?<![\w.$}/-])/(?:home|root|Users|work)/[\w.]+")
    found = {
        str(path.relative_to(ROOT)): names
        for path in our_files()
        if (names := set(places.findall(path.read_bytes())))
    }

    assert found == {}
