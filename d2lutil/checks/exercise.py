"""`check_yours`: an exercise tests the function that the reader wrote."""

from __future__ import annotations

import ast
import contextlib
import dis
import inspect
import random
import textwrap
import traceback
from types import CodeType, FunctionType

import numpy as np
import torch

from .line import VerificationError, silence


def check_yours(yours, check) -> None:
    """Say whether the reader's function is not yet written, right, or not right.

    The page has three cells: a stub for the reader, a check that takes whoever's
    function, and a folded solution that passes the same check under a name of its own::

        def running_mean(x):
            ...  # your code here: x has shape (n,), so has the result

        def check_running_mean(f):
            x = torch.tensor([1.0, 3.0, 8.0])
            verify("Running mean", yours=f(x), by_hand=[1.0, 2.0, 4.0])

        check_yours(running_mean, check_running_mean)

        def running_mean_solution(x):
            return x.cumsum(0) / torch.arange(1, len(x) + 1)

        check_running_mean(running_mean_solution)

    Parameters
    ----------
    yours : function or class
        What the reader fills in. It is a stub while its body is empty, ends in its own
        `raise NotImplementedError`, or still holds a `...` of the page: as a line, or
        as what is assigned or returned. A function that passes is right even so.
    check : function of one argument
        Raises if that function is wrong: by `verify` and kin, which print nothing here,
        by `assert`, or by any other error. It makes its inputs anew, because a
        reader's function may change them.

    Prints
    ------
    ``… not yet: running_mean`` as long as the stub fails, ``✓ yours is right:
    running_mean``, or ``✗ not right yet: running_mean`` with the reason below, and the
    reader's line where an error came from one. Nothing is raised for what a reader
    wrote, so that the page runs to its end. The random streams of Python, NumPy and
    torch are put back, so that nothing below depends on what the reader wrote.

    Raises
    ------
    TypeError
        if `check` cannot be called with one argument.
    VerificationError
        if `check` passes an empty function: it tests nothing.
    """
    _require_check(check)
    name = getattr(yours, "__name__", type(yours).__name__)
    functions = _functions_of(yours)
    empty = any(_is_empty(function.__code__) for function in functions)
    empty = empty or (isinstance(yours, type) and not functions)
    try:
        with silence(), _random_streams_put_back():
            if not callable(yours):
                raise TypeError(f"this is a {name}; a function or class is needed")
            check(yours)
    except Exception as error:  # noqa: BLE001  the reader may write anything
        if empty or _is_marked(functions) or _says_not_implemented(error, functions):
            print(f"… not yet: {name}")
        else:
            print(f"✗ not right yet: {name}")
            print(textwrap.indent(_reason(error, functions), "    "))
        return
    if empty and isinstance(yours, FunctionType):
        raise VerificationError(
            f"the check {check.__name__} passes {name}, whose body is empty: "
            "it tests nothing. Let it verify what the function returns"
        )
    print(f"✓ yours is right: {name}")


def _require_check(check) -> None:
    try:
        if callable(check):
            inspect.signature(check).bind(None)
            return
    except ValueError:
        return  # a function without a signature
    except TypeError:
        pass
    raise TypeError(
        "check_yours(yours, check): check must be a function of one argument, the "
        f"function that it tests; got {getattr(check, '__name__', repr(check))}"
    )


# ------------------------------------------------------------------- is it a stub


def _functions_of(yours) -> list[FunctionType]:
    """What the reader wrote: the function itself, or the methods of the class."""
    if isinstance(yours, FunctionType):
        members = [yours]
    else:
        cls = yours if isinstance(yours, type) else type(yours)
        members = [getattr(m, "__func__", m) for m in vars(cls).values()]
    unwrapped = [inspect.unwrap(m) for m in members if callable(m)]
    return [f for f in unwrapped if isinstance(f, FunctionType)]


def _is_empty(code: CodeType) -> bool:
    """Whether a body does nothing: only a docstring, `...`, `pass` or `return`."""
    steps = [
        (step.opname.removesuffix("_IMMORTAL"), step.argval)
        for step in dis.get_instructions(code)
        if step.opname not in ("RESUME", "NOP", "CACHE", "NOT_TAKEN")
    ]
    names = [opname for opname, _ in steps]
    return (
        names in (["RETURN_CONST"], ["LOAD_CONST", "RETURN_VALUE"])
        and steps[0][1] in (None, ...)
    )  # fmt: skip


def _is_marked(functions) -> bool:
    """Whether a `...` of the page still stands for code that is to be written."""
    for function in functions:
        try:
            source = textwrap.dedent(inspect.getsource(function))
            tree = ast.parse(source)
        except (OSError, TypeError, SyntaxError):
            continue  # the source is not at hand
        kinds = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)
        for node in ast.walk(tree):
            value = getattr(node, "value", None) if isinstance(node, kinds) else None
            if isinstance(value, ast.Constant) and value.value is ...:
                return True
    return False


def _says_not_implemented(error, functions) -> bool:
    """Whether a `raise NotImplementedError` of the reader's function was reached.

    Torch raises the same error where it has no code for a dtype or device.
    """
    if type(error) is not NotImplementedError:
        return False
    *_, last = _steps(error)
    if last.tb_frame.f_code not in _codes(functions):
        return False
    raised = {
        step.offset
        for step in dis.get_instructions(last.tb_frame.f_code)
        if step.opname == "RAISE_VARARGS"
    }
    return last.tb_lasti in raised


# ------------------------------------------------------------------- what went wrong


def _reason(error: Exception, functions) -> str:
    """What to tell the reader: the message, and the place if it is in their code."""
    said = str(error)
    if isinstance(error, VerificationError):
        return said
    own = [step for step in _steps(error) if step.tb_frame.f_code in _codes(functions)]
    if own:
        frame = traceback.extract_tb(own[-1], limit=1)[0]
        first = own[-1].tb_frame.f_code.co_firstlineno
        line = frame.lineno - first + 1
        text = f": {frame.line}" if frame.line else ""
        return f"{type(error).__name__} in line {line} of {frame.name}{text}\n{said}"
    if isinstance(error, AssertionError):
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return said or f"this does not hold: {frame.line or 'an assertion'}"
    return f"{type(error).__name__}: {said}"


def _steps(error: Exception) -> list:
    """The traceback, from the outermost frame to the innermost."""
    steps, step = [], error.__traceback__
    while step:
        steps.append(step)
        step = step.tb_next
    return steps


def _codes(functions) -> set[CodeType]:
    """The code of functions and of what is defined inside them."""
    codes, waiting = set(), [function.__code__ for function in functions]
    while waiting:
        code = waiting.pop()
        codes.add(code)
        waiting += [c for c in code.co_consts if isinstance(c, CodeType)]
    return codes


@contextlib.contextmanager
def _random_streams_put_back():
    python, numpy = random.getstate(), np.random.get_state()
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
    try:
        with torch.random.fork_rng(devices=list(devices)):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
