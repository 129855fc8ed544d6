"""The package as such: standard library only, the syntax of Python 3.8, the numbers of the protocol."""

import ast
import glob
import inspect
import json
import os
import re
import sys
import unittest
from typing import Any, Dict, Iterator, List, Tuple

import tacho
from tacho import limits

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
repository = os.path.dirname(root)

# What Python got after 3.8, as far as a client like this could come to use it: module to names.
later = {
    "functools": ["cache"], "math": ["lcm", "nextafter", "ulp", "cbrt", "exp2", "sumprod"],
    "typing": ["Annotated", "TypeAlias", "ParamSpec", "Concatenate", "Self", "Never", "override",
               "NotRequired", "Required", "assert_never", "TypeGuard", "LiteralString"],
    "os": ["waitstatus_to_exitcode", "pidfd_open", "EX_OK_"], "random": ["randbytes"],
    "signal": ["pidfd_send_signal"], "itertools": ["pairwise", "batched"],
    "threading": ["gettrace", "setprofile_all_threads", "excepthook_"], "types": ["NoneType", "UnionType"],
    "contextlib": ["aclosing", "chdir", "nullcontext_"], "inspect": ["get_annotations"],
    "sys": ["exception", "monitoring", "activate_stack_trampoline", "stdlib_module_names"],
    "datetime": ["UTC"], "enum": ["StrEnum"], "asyncio": ["to_thread", "timeout", "TaskGroup"],
}  # fmt: skip
later_methods = {"removeprefix", "removesuffix", "bit_count", "is_relative_to", "with_stem"}


def sources() -> Iterator[Tuple[str, ast.AST, str]]:
    for path in sorted(glob.glob(os.path.join(root, "tacho", "*.py"))):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        yield os.path.basename(path), ast.parse(text, path, feature_version=(3, 8)), text


class Package(unittest.TestCase):
    def test_it_imports_the_standard_library_only(self) -> None:
        known = getattr(sys, "stdlib_module_names", None)
        if known is None:
            known = set(sys.builtin_module_names)
            folder = os.path.dirname(os.__file__)
            known |= {os.path.splitext(name)[0] for name in os.listdir(folder)}
            known |= {name.split(".")[0] for name in os.listdir(folder + "/lib-dynload")}
        for name, tree, _ in sources():
            for node in ast.walk(tree):
                modules: List[str] = []
                if isinstance(node, ast.Import):
                    modules = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    modules = [node.module or ""]
                for module in modules:
                    self.assertIn(module.split(".")[0], known, name)

    def test_it_is_python_3_8_in_syntax_and_library(self) -> None:
        for name, tree, _ in sources():
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom):
                    for alias in node.names:
                        self.assertNotIn(alias.name, later.get(node.module or "", []), name)
                if isinstance(node, ast.Attribute):
                    self.assertNotIn(node.attr, later_methods, name)
                    if isinstance(node.value, ast.Name):
                        self.assertNotIn(node.attr, later.get(node.value.id, []), name)
                if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
                    # list[int] and the like, outside of quotes.
                    self.assertNotIn(node.value.id, ("list", "dict", "tuple", "set", "type"), name)

    def test_every_file_says_its_job_and_is_short(self) -> None:
        for name, tree, text in sources():
            self.assertTrue(ast.get_docstring(tree), name)  # type: ignore[arg-type]
            self.assertLessEqual(text.count("\n"), 400, name)
            for node in ast.walk(tree):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    end = getattr(node, "end_lineno", node.lineno) or node.lineno
                    self.assertLessEqual(end - node.lineno, 70, "%s %s" % (name, node.name))

    def test_what_is_public_is_documented(self) -> None:
        for name in tacho.__all__:
            thing = getattr(tacho, name)
            if inspect.isclass(thing):
                self.assertTrue(thing.__doc__, name)
                for method, function in inspect.getmembers(thing, inspect.isfunction):
                    if not method.startswith("_") and function.__module__.startswith("tacho"):
                        self.assertTrue(function.__doc__, "%s.%s" % (name, method))
            elif inspect.isfunction(thing):
                self.assertTrue(thing.__doc__, name)

    def test_the_public_names_are_these(self) -> None:
        self.assertEqual(
            tacho.__all__,
            ["AsyncSession", "Client", "DatacatHandler", "HeartbeatMonitor", "Session",
             "TachoHandler", "Tags", "Timer", "__version__", "connect", "create_session",
             "default_session", "end", "flush", "heartbeat", "log_counter", "log_event",
             "log_exception", "log_gauge", "log_histogram", "log_metric", "log_timer", "timer",
             "update_state"],
        )  # fmt: skip

    def test_signatures_are_those_of_datacats_client(self) -> None:
        expected = {
            tacho.create_session: "base_url daemon_port product version async_mode queue_size",
            tacho.Session.update_state: "state",
            tacho.Session.log_event: "name category group labels message data stacktrace level",
            tacho.Session.log_metric: "name value tags metric_type count unit metadata delta",
            tacho.Session.log_gauge: "name value tags unit",
            tacho.Session.log_counter: "name delta tags",
            tacho.Session.log_histogram: "name value unit tags buckets metadata",
            tacho.Session.log_timer: "name duration count tags unit",
            tacho.Session.timer: "name count tags unit",
            tacho.Session.log_exception: "exc_info extra_data",
            tacho.Session.start_heartbeat_monitor: "timeout check_interval",
            tacho.Session.flush: "timeout",
            tacho.Session.shutdown: "timeout",
            tacho.Session.get_details: "",
            tacho.Session.get_stats: "",
            tacho.Session.end: "",
            tacho.Session.heartbeat: "",
            tacho.Session.stop_heartbeat_monitor: "",
            tacho.Session.pause_heartbeat_monitoring: "",
            tacho.Session.resume_heartbeat_monitoring: "",
            tacho.DatacatHandler.__init__: "session include_exceptions",
        }  # type: Dict[Any, str]
        for function, names in expected.items():
            parameters = [name for name in inspect.signature(function).parameters if name != "self"]
            self.assertEqual(parameters[: len(names.split())], names.split(), function.__name__)

    def test_the_limits_are_those_of_the_protocol(self) -> None:
        path = os.path.join(repository, "packages", "protocol", "src", "limits.ts")
        with open(path, encoding="utf-8") as file:
            text = file.read().replace("_", "")
        found = dict(re.findall(r"^  (\w+): ([\d* KMiB]+),$", text, re.M))
        compared = 0
        with open(limits.__file__, encoding="utf-8") as file:
            shared = file.read().split("\n\n", 3)[1]
        for name in re.findall(r"^(\w+) =", shared, re.M):
            first, *others = name.lower().split("_")
            camel = {"INTEGER_DIGITS_MAX": "jsonIntegerDigitsMax"}.get(
                name, first + "".join(word.capitalize() for word in others)
            )
            value = eval(found[camel], {"KiB": 1024, "MiB": 1024 * 1024})
            self.assertEqual(getattr(limits, name), value, name)
            compared += 1
        self.assertGreater(compared, 15)

    def test_the_version_is_that_of_everything_else(self) -> None:
        with open(os.path.join(repository, "package.json"), encoding="utf-8") as file:
            self.assertEqual(tacho.__version__, json.load(file)["version"])

    def test_a_session_is_its_own_asynchronous_session(self) -> None:
        session = object.__new__(tacho.Session)
        self.assertIs(tacho.AsyncSession(session, queue_size=5, drop_on_full=False), session)


if __name__ == "__main__":
    unittest.main()
