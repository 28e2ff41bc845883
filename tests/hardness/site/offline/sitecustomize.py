"""For a child process: no socket to anywhere.

Python's own are refused by an audit hook. On Linux the kernel also kills the process (SIGSYS) that opens an internet socket in any
language, DuckDB's C++ included: a filter of system calls (seccomp(2)), which no thread or child gets rid of.
"""

import ctypes
import platform
import struct
import sys
from typing import Any

_ASKS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg", "socket.bind")
_SOCKET = {"x86_64": 41, "aarch64": 198}
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event in _ASKS:
        raise RuntimeError(f"a call to the network: {event} {args[1:]}")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _filter(socket: int) -> None:
    """Kill on socket(AF_INET, …) and socket(AF_INET6, …); all else may pass."""
    steps = [
        (_LOAD, 0, 0, 0),
        (_EQUAL, 0, 4, socket),
        (_LOAD, 0, 0, 16),
        (_EQUAL, 1, 0, 2),
        (_EQUAL, 0, 1, 10),
        (_RETURN, 0, 0, _KILL),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    system = ctypes.CDLL(None, use_errno=True)
    system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    program = _Program(len(steps), code)
    if system.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "no filter of system calls")


sys.addaudithook(_refuse)
if sys.platform == "linux" and platform.machine() in _SOCKET:
    _filter(_SOCKET[platform.machine()])
