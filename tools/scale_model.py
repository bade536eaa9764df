#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scale_model.py [--csv]: how far one coordinator goes. A discrete-event simulation of the queue of src/scale.

Ranks ask for a chunk, compute it, send it back; rank 0 receives, compresses, stores it in a transaction with fsync, and
answers. While rank 0 serves it does not compute (its own computing is left out: at thousands of ranks it is nothing). The
figures below are those measured in docs/scaling.md; chunk times vary by a lognormal factor. Seeded: the same output every
time. What it prints is a table of ranks, chunk length and efficiency, for the queue as it is and for the changes that
docs/scaling.md names.
"""
import heapq
import math
import random
import sys

# Measured on one node (docs/scaling.md); seconds and bytes.
MESSAGE_BYTES = 242_000  # a chunk of 2048 patients under two regimens, as ranks send it; 94 kB in the store
PACK = 0.0035            # processor time to compress and hash it on rank 0
COMMIT = 0.0049          # a transaction with fsync on the SSD of this machine (median of 200)
COMMIT_SLOW = 0.030      # the same on a parallel file system (assumed)
POLL = 0.001             # rank 0 looks for messages this often when it has none
LATENCY, BANDWIDTH = 3e-6, 1.0e9   # of a message, between nodes (assumed: 10 Gbit Ethernet, effective)
SPREAD = 0.07            # sd of the logarithm of the time of a chunk
START = 0.15             # a rank reads model and library


def simulate(ranks, chunks, chunk_s, commit_s, batch=1, packers=1, seed=1):
    """Seconds until all chunks are stored. batch: chunks per transaction; packers: who compresses (ranks: 0 s at rank 0)."""
    rng = random.Random(seed)
    wire = LATENCY + MESSAGE_BYTES / BANDWIDTH
    serve = (PACK if packers == 1 else 0.0002) + commit_s / batch + MESSAGE_BYTES / BANDWIDTH
    arrivals = []  # (time, rank) of a result at rank 0
    left = chunks
    for r in range(min(ranks, chunks)):
        # the first chunks are given one after the other
        heapq.heappush(arrivals, (START + r * 2e-6 + wire + chunk_s * math.exp(rng.gauss(-SPREAD ** 2 / 2, SPREAD)), r))
        left -= 1
    free = 0.0
    while arrivals:
        t, r = heapq.heappop(arrivals)
        begin = max(free, t + (POLL / 2 if t > free else 0))
        free = begin + serve
        if left:
            left -= 1
            heapq.heappush(arrivals, (free + 2 * LATENCY + wire + chunk_s * math.exp(rng.gauss(-SPREAD ** 2 / 2, SPREAD)), r))
    return free


def row(ranks, chunk_s, commit_s, **more):
    chunks = ranks * 24
    return chunks * chunk_s / ranks / simulate(ranks, chunks, chunk_s, commit_s, **more)


def main():
    cases = [("as it is, SSD", dict(commit_s=COMMIT)), ("as it is, parallel file system", dict(commit_s=COMMIT_SLOW)),
             ("16 chunks a transaction", dict(commit_s=COMMIT, batch=16)),
             ("and ranks compress", dict(commit_s=COMMIT, batch=16, packers=2))]
    csv = "--csv" in sys.argv
    if csv:
        print("case,chunk_s,ranks,efficiency")
    for name, how in cases:
        for chunk_s in (2, 20):
            line = []
            for ranks in (1, 10, 100, 300, 1000, 3000, 10000):
                e = row(ranks, chunk_s, **how)
                line.append("%6d: %5.1f %%" % (ranks, 100 * e))
                if csv:
                    print("%s,%g,%d,%.4f" % (name.replace(",", ""), chunk_s, ranks, e))
            if not csv:
                print("%-32s %3g s a chunk  %s" % (name, chunk_s, "  ".join(line)))


if __name__ == "__main__":
    main()
