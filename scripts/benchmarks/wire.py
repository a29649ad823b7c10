"""Bytes that this process writes to the sockets of Dask, by what the messages are about.

Counted is what `distributed` hands to a socket, at the one place where it does: every byte of every
message once, by whoever sends it, in the client, the scheduler and the workers. What TCP adds, and
TLS, is not counted. A message that answers another one belongs to what it answers.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

#: What is sent whether or not anything is worked out.
BACKGROUND = {"heartbeat_worker", "heartbeat-client", "identity", "keep-alive"}

_SENT: Counter[str] = Counter()
_ASKED: dict[int, str] = {}


def start() -> None:
    """Count from now on, in this process; again does nothing."""
    from distributed.comm.tcp import TCP

    if hasattr(TCP, "counted"):
        return
    tcp: Any = TCP
    write, read = tcp.write, tcp.read

    async def counting_write(self: Any, msg: Any, *args: Any, **more: Any) -> Any:
        sent = await write(self, msg, *args, **more)
        _SENT[subject(msg) or _ASKED.get(id(self), "answer")] += sent
        return sent

    async def watching_read(self: Any, *args: Any, **more: Any) -> Any:
        msg = await read(self, *args, **more)
        if subject(msg):
            _ASKED[id(self)] = subject(msg)
        return msg

    tcp.write, tcp.read, tcp.counted = counting_write, watching_read, True


def subject(msg: Any) -> str:
    """What a message is about: its operation; of several, the first that is not background."""
    if isinstance(msg, dict):
        return str(msg.get("op", ""))
    if isinstance(msg, list | tuple):
        subjects = [name for part in msg if (name := subject(part))]
        of_work = [name for name in subjects if name not in BACKGROUND]
        return (of_work or subjects or [""])[0]
    return ""


def sent() -> dict[str, int]:
    """Bytes so far, by subject."""
    return dict(_SENT)


class Wires:
    """The counts of all processes of a client's cluster, which has to be one on this machine.

    Parameters
    ----------
    client : distributed.Client
        The scheduler runs in this process, as that of a LocalCluster does.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        start()
        client.run(start)

    def read(self) -> Counter[str]:
        """Bytes so far, by subject, of all processes; reading itself adds to "broadcast"."""
        counts = Counter(sent())
        for found in self._client.run(sent).values():
            counts.update(found)
        return counts


def work_bytes(before: Counter[str], after: Counter[str]) -> int:
    """Bytes in between that are neither background nor the reading of the counts."""
    apart = {*BACKGROUND, "broadcast", "run_function", "run"}
    return sum(n - before[name] for name, n in after.items() if name not in apart)
