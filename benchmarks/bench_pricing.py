"""Pricing a CDR against its compiled Tariff beside decoding that CDR's JSON, how both grow, and a month over all cores.

One thread, processor time, both sides in turns within one run. Decoding is msgspec from bytes to the 2.3.0 class, with
the Tariff inside, as CDRs travel.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from zoneinfo import ZoneInfo

import msgspec
from charges import TARIFF, ZONE, cdr
from measuring import Ratio, show, workplace

from ocpilot.pricing import price
from ocpilot.pricing.compiled import CompiledTariff
from ocpilot.wire.v230 import CDR, Tariff

TURNS = 15
#: Processor time of one side of a turn, about.
SECONDS = 0.08
PERIODS = (1, 10, 30, 50)
MONTH = int(os.environ.get("OCPILOT_BENCH_CDRS", "20000"))


def pricing(body: bytes, tariff: CompiledTariff, *, explained: bool) -> Callable[[], object]:
    """What is measured: the price of a CDR that is at hand as an object."""
    charge = msgspec.json.decode(body, type=CDR)
    zone = ZoneInfo(ZONE)

    def work() -> object:
        return price(
            charge.charging_periods,
            (tariff,),
            start=charge.start_date_time,
            end=charge.end_date_time,
            zone=zone,
            currency=charge.currency,
            explained=explained,
        )

    return work


def decoding(body: bytes) -> Callable[[], object]:
    """What it is measured against."""
    decoder = msgspec.json.Decoder(CDR)
    return lambda: decoder.decode(body)


def microseconds(work: Callable[[], object], times: int) -> float:
    """Processor time of one."""
    started = process_time()
    for _ in range(times):
        work()
    return (process_time() - started) / times * 1e6


def times_of(work: Callable[[], object]) -> int:
    """How often it is done in a turn; this is the turn that does not count, too."""
    started, done = process_time(), 0
    while process_time() - started < SECONDS:
        work()
        done += 1
    return max(done, 1)


def compared(one: Callable[[], object], other: Callable[[], object]) -> Ratio:
    """The processor time of `one` beside that of `other`, in turns."""
    times, others = times_of(one), times_of(other)
    return Ratio.of([(microseconds(one, times), microseconds(other, others)) for _ in range(TURNS)])


def slope(points: list[tuple[int, float]]) -> tuple[float, float]:
    """Of a straight line through the points: what one more period costs, and what a CDR costs at all."""
    count, mean_x = len(points), sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / count
    grows = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
    return grows, mean_y - grows * mean_x


def month(folder: Path) -> tuple[float, float]:
    """CDRs per second of `ocpilot price-many` on one process and on all cores."""
    source = folder / "month.jsonl"
    with source.open("wb") as file:
        for number in range(MONTH):
            file.write(msgspec.json.encode(cdr(number, PERIODS[number % 3])) + b"\n")
    rates = []
    for processes in (1, os.cpu_count() or 1):
        out = folder / f"priced-{processes}.jsonl"
        command = [str(Path(sys.executable).with_name("ocpilot")), "price-many", str(source), "--time-zone", ZONE]
        command += ["--version", "2.3.0", "--out", str(out), "--processes", str(processes)]
        started = perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        rates.append(MONTH / (perf_counter() - started))
    return rates[0], rates[1]


def main() -> None:
    """All figures, with what is wanted beside them."""
    tariff = CompiledTariff(msgspec.convert(TARIFF, Tariff, strict=False))
    rows: dict[str, tuple[Ratio, str]] = {}
    grown: dict[str, list[tuple[int, float]]] = {"decoding": [], "price": [], "price with its trace": []}
    for periods in PERIODS:
        body = msgspec.json.encode(cdr(1, periods))
        for name, explained, wanted in (("price", False, "<= 1.0"), ("price with its trace", True, "<= 2.5")):
            ratio = compared(pricing(body, tariff, explained=explained), decoding(body))
            rows[f"{name}, {periods} periods"] = (ratio, wanted)
            grown[name].append((periods, ratio.one))
            if not explained:
                grown["decoding"].append((periods, ratio.other))
    show("Pricing a CDR by its compiled Tariff, processor time beside decoding its JSON with msgspec", rows)
    print("\nWhat one more period costs, and a CDR without any (microseconds; a straight line from 10 periods on,")
    print("with which all prices of the Tariff are in use)")
    for name, (_, *points) in grown.items():
        grows, fixed = slope(points)
        worst = max(abs(found - fixed - grows * count) / found for count, found in points)
        print(f"{name:22} {grows:7.2f} {fixed:8.2f}   off the line by at most {worst:.0%}")
    with workplace() as folder:
        single, every = month(folder)
    print(f"\nocpilot price-many, {MONTH:,} CDRs of 1, 10 or 30 periods, with start and end of the program")
    print(f"{single:10,.0f} CDRs per second on one process")
    print(f"{every:10,.0f} on {os.cpu_count()} ({every / single:.2f} times)")


if __name__ == "__main__":
    main()
