"""The embedded PostgreSQL's settings, given on its command line; sized by the machine's memory."""

import os
from contextlib import suppress
from pathlib import Path

_MEGABYTE = 1024 * 1024


def server_options(*, connections_max: int, durable: bool) -> dict[str, str]:
    memory_megabytes = _memory_bytes() // _MEGABYTE
    options = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": str(connections_max),
        # The password has 256 random bits: stretching it adds nothing but CPU to every connection.
        "scram_iterations": "1",
        # The system's cache holds the rest; it is shared with Python and with media.
        "shared_buffers": f"{max(64, min(memory_megabytes // 8, 1024))}MB",
        "effective_cache_size": f"{max(128, memory_megabytes // 2)}MB",
        "work_mem": "8MB",
        "maintenance_work_mem": "64MB",
        # Short indexed statements: compiling them, or spreading them over processes, costs more than it saves.
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
        "random_page_cost": "1.1",
        # Separate processes for reading pay off on large machines, which have a PostgreSQL of their own.
        "io_method": "sync",
        "max_logical_replication_workers": "0",
        # Rarer checkpoints write fewer full pages; recovery still takes seconds.
        "wal_compression": "on",
        "checkpoint_timeout": "15min",
        "max_wal_size": "1GB",
        "synchronous_commit": "on",
        "idle_in_transaction_session_timeout": "60s",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # What a statement complains about goes to whoever sent it. Here it could put members' words into a log.
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_checkpoints": "off",
        "log_line_prefix": "%m ",
    }
    if not durable:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        # A vacuum under way belongs to the superuser, and nobody else could drop the database it is in.
        options["autovacuum"] = "off"
    return options


def _memory_bytes() -> int:
    """The machine's, or the container's when that is less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        return min(machine, int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    return machine
