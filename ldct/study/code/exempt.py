"""What never changes a result, and so is no part of the code that a result depends on."""

from __future__ import annotations

import builtins

# Modules of messages, of progress, and of the keys that decide about reruns.
NO_RESULT = ("ldct.errors", "ldct.training.progress", "ldct.study.code")
# Files that hold tables from names to classes: the classes in use are entries, so that the tables do not count. A new
# entry for one loss would rerun the others.
DECLARATIONS = ("registry.py", "declared.py")
# What these import by name is given as entries.
LOADERS = ("ldct.declaration", "ldct.declared_class")

PROGRESS = "ldct.training.progress"
LOGGER = ("logging", "getLogger")
# Calls that only tell something: their statements are dropped.
TELLING = ("logging.", "warnings.warn")
BARS = ("tqdm.tqdm", "tqdm.trange", "tqdm.auto.tqdm", "tqdm.auto.trange")

# Calls in the text of a message that have no effect of their own.
PURE = frozenset(("abs", "bool", "float", "format", "int", "isinstance", "len", "max", "min", "repr", "round", "str"))
# Methods by which a module fills a table when it is imported.
FILLING = frozenset(["add", "append", "extend", "insert", "register", "setdefault", "update"])
# Names by which code reaches what cannot be seen in its text.
DYNAMIC = frozenset(("__import__", "eval", "exec", "globals"))

# The value of these is more than a text for people.
_MEANT = (SystemExit, StopIteration, StopAsyncIteration)


def no_result(module: str) -> bool:
    """Whether nothing in `module` can change a result."""
    return any(module == name or module.startswith(f"{name}.") for name in NO_RESULT)


def only_text(exception: str) -> bool:
    """Whether the arguments of a built-in exception are a text for people."""
    kind = getattr(builtins, exception, None)
    return isinstance(kind, type) and issubclass(kind, BaseException) and not issubclass(kind, _MEANT)
