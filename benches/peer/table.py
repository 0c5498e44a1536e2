#!/usr/bin/env python3
"""Writes the table of `benches/peer/run` from what the two printed: medians over the turns, and ratios."""
import datetime
import json
import os
import re
import statistics
import sys

PEER = re.compile(
    r"(\S+) +queries \d+: thread (\d+) us/doc cpu.*?p50 (\d+) us, p99 (\d+) us.*?matches ([\d.]+) per doc, "
    r"register [\d.]+ s \(([\d.]+) cpu-s\), heap \+(\d+) MB"
)


def read(path):
    ours, peer, version, sizes = {}, {}, "", []
    for line in open(path, encoding="utf-8"):
        who, size, rest = line.rstrip("\n").split(" ", 2)
        if size == "version":
            version = rest.split(", prefix")[0]
        elif who == "ours":
            sizes.append(int(size))
            ours.setdefault(int(size), []).append(json.loads(rest))
        elif found := PEER.match(rest):
            name, *figures = found.groups()
            peer.setdefault(int(size), {}).setdefault(name, []).append([float(figure) for figure in figures])
    return ours, peer, version, list(dict.fromkeys(sizes))


def main():
    path, command, compared, commit, rustc = sys.argv[1:]
    ours, peer, version, sizes = read(path)
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    documents = ours[sizes[0]][0]["documents"]
    print("# newswatch and Lucene Monitor on the same queries and documents\n")
    print("Written by `benches/peer/run`; not edited. Documents are in memory, JSON is not decoded; text to matches on one")
    print("thread, of ours with all evidence. Medians over the turns.\n")
    print(f"- {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC, `{command.strip()}`, commit {commit}")
    print(f"- {os.cpu_count()} x {cpu}, load {' '.join(f'{load:.1f}' for load in os.getloadavg())}; {rustc}; {version}")
    print(f"- {documents} documents a pass, {len(ours[sizes[0]])} turns")
    if compared:
        print(f"- answers compared: {compared}")
    print("\n| queries | matches a document | ours, CPU us | p50 us | p99 us | Lucene Monitor, CPU us | p99 us | its best | ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    of = lambda rounds, key: statistics.median(each[key] for each in rounds)
    best = {}
    for size in sizes:
        best[size] = min(peer[size], key=lambda name: statistics.median(turn[0] for turn in peer[size][name]))
        theirs, mine = peer[size][best[size]], ours[size]
        cpu_mine, cpu_theirs = of(mine, "cpu_us_per_doc"), of(theirs, 0)
        print(f"| {size:,} | {of(mine, 'matches_per_doc'):.2f} | {cpu_mine:.1f} | {of(mine, 'p50_us'):.0f} | {of(mine, 'p99_us'):.0f} "
              f"| {cpu_theirs:.0f} | {of(theirs, 2):.0f} | {best[size]} | 1/{cpu_theirs / cpu_mine:.1f} |")
    print("\n| queries | compiled in, CPU s | all memory, MB | Lucene Monitor, CPU s | heap, MB |")
    print("|---|---|---|---|---|")
    for size in sizes:
        theirs, mine = peer[size][best[size]], ours[size]
        print(f"| {size:,} | {of(mine, 'compile_cpu_s'):.3f} | {of(mine, 'memory_bytes') / 1e6:.0f} | {of(theirs, 4):.1f} | {of(theirs, 5):.0f} |")


if __name__ == "__main__":
    main()
