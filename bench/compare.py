#!/usr/bin/env python3
"""Measures Runnel beside a bare broadcast server and the servers from npm, in the same run.

The server under test is pinned to core 0 and the generator to core 1; each scenario runs several
times on a fresh server and the median is shown. CPU is that of the server's process, as the kernel
counted it. usage: bench/compare.py [--scenarios fanout,hot] [--servers runnel,bare] [--seconds 5]
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("RUNNEL_BUILD", ROOT / "build/release"))
LOAD = BUILD / "bench/load/load_generator"
PEERS = ROOT / "bench/peers"
PORT = 17999
IDLE_CONNECTIONS = 10_000
IDLE_ROOMS = 100

# What is shown of each scenario: the key of the generator's JSON, its heading, whether the ratio to
# the peers is worth a column.
TRAFFIC_COLUMNS = [("cpu_us_per_delivered", "CPU us/delivered", True), ("p50_ms", "p50 ms", False),
                   ("p99_ms", "p99 ms", False), ("delivered_per_second", "delivered/s", False),
                   ("rss_mb", "RSS MB", False)]
IDLE_COLUMNS = [("kb_per_connection", "KB/connection", True), ("kb_per_room", "+ KB/room", True),
                ("joins_per_second", "joins/s", False), ("join_cpu_us", "CPU us/join", True),
                ("join_p99_ms", "join p99 ms", False),
                ("alone_joins_per_second", "joins/s, one room each", False)]
COLD_COLUMNS = [("p50_ms", "p50 ms", True), ("worst_ms", "worst ms", False), ("cpu_ms_each", "CPU ms each", True)]

TRAFFIC = {
    "fanout": ["--rooms", "20", "--clients", "10", "--writers", "10", "--rate", "5"],
    "pairs": ["--rooms", "200", "--clients", "2", "--writers", "1", "--rate", "5"],
    "hot": ["--rooms", "1", "--clients", "50", "--writers", "10", "--rate", "100"],
    # Hocuspocus merges what arrives in a turn: the highest rate that it keeps up with is one of these.
    "hot-500": ["--rooms", "1", "--clients", "50", "--writers", "10", "--rate", "500"],
    "hot-max": ["--rooms", "1", "--clients", "50", "--writers", "10", "--rate", "2000"],
    "many": ["--rooms", "50", "--clients", "4", "--writers", "4", "--rate", "60"],
    "many-max": ["--rooms", "50", "--clients", "4", "--writers", "4", "--rate", "167"],
    "awareness": ["--rooms", "20", "--clients", "10", "--writers", "10", "--rate", "5", "--awareness"],
}
TITLES = {
    "fanout": "fan-out: 20 rooms x 10 writers at 5/s",
    "pairs": "200 rooms x 2, one writer at 5/s",
    "hot": "one hot room: 50 clients, 10 writers at 100/s",
    "hot-500": "one hot room: 50 clients, 10 writers at 500/s",
    "hot-max": "one hot room: 50 clients, 10 writers at 2,000/s",
    "many": "many rooms: 50 x 4 writers at 60/s",
    "many-max": "many rooms: 50 x 4 writers at 167/s, 100,000 deliveries/s",
    "awareness": "awareness: 20 rooms x 10 cursors at 5/s",
    "idle": "10,000 idle connections in 100 rooms; per room from 10,000 in 10,000",
    "cold250": "cold start of a 250 KB document",
    "cold2500": "cold start of a 2.5 MB document",
    "cold200": "200 cold rooms of 250 KB together",
}
# Bytes of each document, rooms, how they are opened.
COLD = {"cold250": (250_000, 15, []), "cold2500": (2_500_000, 5, []), "cold200": (250_000, 200, ["--together"])}
# Asked for more than they can take these two only show how they fail.
NOT_FOR = {"hot-500": {"bare", "y-websocket"}, "hot-max": {"bare", "y-websocket"}}


class Server:
    """A way to start one of the servers, and how it is spoken to."""

    def __init__(self, name, command, prefix="/", dialect="y-websocket", folder=None, persists=True):
        self.name, self.command, self.prefix, self.dialect = name, command, prefix, dialect
        self.folder, self.persists = folder, persists

    def start(self, data):
        store = data / "store"
        store.mkdir(exist_ok=True)
        command = [part.format(port=PORT, data=store) for part in self.command]
        environment = dict(os.environ, PERSIST_DIR=str(store), NODE_ENV="production")
        log = open(data / "server.log", "w")
        process = subprocess.Popen(["taskset", "-c", "0", *command], cwd=self.folder or ROOT, env=environment,
                                   stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if process.poll() is not None:
                sys.exit(f"{self.name} ended at once:\n{(data / 'server.log').read_text()}")
            try:
                socket.create_connection(("127.0.0.1", PORT), 1).close()
                return process
            except OSError:
                time.sleep(0.05)
        sys.exit(f"{self.name} does not listen")


def servers():
    runnel = [str(BUILD / "runnel"), "dev", "--port", "{port}", "--data", "{data}"]
    return [
        Server("runnel", runnel, prefix="/yjs/"),
        Server("bare", [str(BUILD / "bench/net/bare_broadcast"), "{port}"], persists=False),
        Server("y-websocket", ["node", "y_websocket.mjs", "{port}"], folder=PEERS),
        Server("hocuspocus", ["node", "hocuspocus.mjs", "{port}"], dialect="hocuspocus", folder=PEERS),
    ]


def stop(process, how=signal.SIGTERM):
    process.send_signal(how)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def generate(server, process, *arguments):
    command = ["taskset", "-c", "1", str(LOAD), "--port", str(PORT), "--prefix", server.prefix, "--dialect",
               server.dialect, "--pid", str(process.pid), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
    lines = done.stdout.strip().splitlines()
    result = json.loads(lines[-1]) if lines else {}
    if done.returncode != 0:
        result["problem"] = (done.stderr.strip().splitlines() or ["failed"])[-1]
    return result


def measure_idle(server):
    """Memory of a connection and of a room: many connections in few rooms, then a room each."""
    results = []
    for rooms in (IDLE_ROOMS, IDLE_CONNECTIONS):
        with tempfile.TemporaryDirectory() as folder:
            process = server.start(pathlib.Path(folder))
            try:
                results.append(generate(server, process, "idle", "--connections", str(IDLE_CONNECTIONS), "--rooms",
                                        str(rooms)))
            finally:
                stop(process)
    few, many = results
    if any("kb_per_connection" not in result for result in results):
        return {**few, **many}
    # few = connection + room * IDLE_ROOMS / IDLE_CONNECTIONS; many = connection + room
    room = (many["kb_per_connection"] - few["kb_per_connection"]) / (1 - IDLE_ROOMS / IDLE_CONNECTIONS)
    return {**few, "kb_per_connection": many["kb_per_connection"] - room, "kb_per_room": room,
            "alone_joins_per_second": many["joins_per_second"],
            **({"problem": many["problem"]} if "problem" in many else {})}


def measure_cold(server, scenario):
    size, count, how = COLD[scenario]
    rooms = ["--name", "cold", "--count", str(count), "--bytes", str(size)]
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder)
        process = server.start(data)
        try:
            seeded = generate(server, process, "seed", *rooms)
            if "problem" in seeded:
                return seeded
            time.sleep(4)  # debounced saves of the peers
            stop(process)
            process = server.start(data)
            return generate(server, process, "cold", *rooms, *how)
        finally:
            if process.poll() is None:
                stop(process)


def measure(server, scenario, seconds):
    if scenario == "idle":
        return measure_idle(server)
    if scenario in COLD:
        return measure_cold(server, scenario)
    with tempfile.TemporaryDirectory() as folder:
        process = server.start(pathlib.Path(folder))
        try:
            # A just-in-time compiler gets its chance before anything is measured.
            generate(server, process, "traffic", *TRAFFIC[scenario], "--seconds", "2")
            return generate(server, process, "traffic", *TRAFFIC[scenario], "--seconds", str(seconds))
        finally:
            stop(process)


def median_of(results):
    merged = {}
    for key in set().union(*results):
        values = [result[key] for result in results if isinstance(result.get(key), (int, float))]
        if values:
            merged[key] = statistics.median(values)
    problems = [result["problem"] for result in results if "problem" in result]
    return {**merged, **({"problem": problems[0]} if problems else {})}


def show(scenario, results):
    columns = TRAFFIC_COLUMNS if scenario in TRAFFIC else IDLE_COLUMNS if scenario == "idle" else COLD_COLUMNS
    print(f"\n### {TITLES[scenario]}\n")
    print("| server | " + " | ".join(heading for _, heading, _ in columns) + " | Runnel against it |")
    print("|---|" + "---|" * (len(columns) + 1))
    ours = results.get("runnel")
    for name, result in results.items():
        cells = [f"{result[key]:,.2f}" if key in result else "-" for key, _, _ in columns]
        ratio = ""
        if ours is not None and name != "runnel":
            ratio = ", ".join(f"{ours[key] / result[key]:.2f} x {heading}" for key, heading, counts in columns
                              if counts and key in ours and result.get(key, 0) > 0)
        note = f" ({result['problem']})" if "problem" in result else ""
        missing = result.get("expected", 0) - result.get("delivered", 0)
        if missing > 0:
            note += f" ({missing:,.0f} of {result['expected']:,.0f} updates did not arrive)"
        print(f"| {name} | " + " | ".join(cells) + f" | {ratio}{note} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [server.name for server in servers()]
    parser.add_argument("--scenarios", default=",".join(TITLES), help="some of: " + ", ".join(TITLES))
    parser.add_argument("--servers", default=",".join(names), help="some of: " + ", ".join(names))
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    for given, known in ((arguments.scenarios, TITLES), (arguments.servers, names)):
        for name in given.split(","):
            if name not in known:
                sys.exit(f"compare.py: there is no '{name}'; expected some of {', '.join(known)}")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if not LOAD.exists():
        sys.exit("build first: cmake --preset release -DRUNNEL_BENCH=ON && cmake --build --preset release")
    chosen = [server for server in servers() if server.name in arguments.servers.split(",")]
    if any(server.folder for server in chosen) and not (PEERS / "node_modules").exists():
        subprocess.run([shutil.which("npm") or "npm", "ci", "--no-audit", "--no-fund"], cwd=PEERS, check=True)
    load = os.getloadavg()[0]
    print(f"{time.strftime('%H:%M')}, load average {load:.1f} before the run" + (": others are at work, trust CPU only" if load > 0.5 else ""))
    for scenario in arguments.scenarios.split(","):
        results = {}
        for server in chosen:
            if scenario in COLD and not server.persists or server.name in NOT_FOR.get(scenario, ()):
                continue
            results[server.name] = median_of(
                [measure(server, scenario, arguments.seconds) for _ in range(arguments.rounds)])
        show(scenario, results)


if __name__ == "__main__":
    main()
