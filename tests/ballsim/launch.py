"""build/ballsim: plays a load script (t_s,force_n) into the simulated board that runs the real firmware.

Prints the pseudo-terminal's path on its first line; open that with `sixten live --port`. With --fast it runs in virtual time instead.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from sixten.ball.mechanics import IDEAL, REAL, Load, Physics
from sixten.ball.virtual import signal_table

ROOT = Path(__file__).resolve().parents[2]


def write_table(load: Load, path: Path, physics: Physics) -> None:
    """The signal table that the board's pins follow."""
    with path.open("w", encoding="ascii") as file:
        file.write("t_s,a0_mv,pressure_pa,temp_c\n")
        for t_s, a0_mv, pressure_pa, temp_c in signal_table(load, physics):
            file.write(f"{t_s:.6f},{a0_mv:.4f},{pressure_pa:.2f},{temp_c:.2f}\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="ballsim", description=__doc__)
    parser.add_argument("--load", type=Path, required=True, help="CSV: t_s,force_n; straight lines between rows, equal t_s = a step")
    parser.add_argument("--sensor", choices=["fsr", "lps28dfw", "ms5837"], default="fsr")
    parser.add_argument("--real", action="store_true", help="a ball that creeps, warms on the skin and has hysteresis")
    parser.add_argument("--hex", type=Path, default=ROOT / "firmware/build/sixten.hex")
    parser.add_argument("--fast", action="store_true", help="virtual time, as fast as it goes, no port")
    parser.add_argument("--seconds", type=float, help="end after this much of the load script")
    parser.add_argument("--tx-log", type=Path, help="write a line for each byte the board sends: microseconds, byte")
    parser.add_argument("--send", type=Path, help="CSV: t_s,line; sent to the board at that time")
    parser.add_argument("--events", type=Path, help="CSV: t_s,event; sensor_off, sensor_on, button_down, button_up, rx_noise, hang")
    parser.add_argument("--pin-log", type=Path, help="write a line for each change of a light, the piezo or the motor")
    parser.add_argument("--noise", type=float, help="standard deviation of a barometer's result, in pascals")
    parser.add_argument("--eeprom", type=Path, help="the board's EEPROM, kept in this file")
    args = parser.parse_args()
    if args.fast and args.seconds is None:
        parser.exit(2, "ballsim: --fast needs --seconds.\n")
    try:
        load = Load.read(args.load)
    except (OSError, ValueError) as error:
        parser.exit(2, f"ballsim: {error}.\n")
    with tempfile.TemporaryDirectory(prefix="ballsim-") as folder:
        table = Path(folder) / "table.csv"
        write_table(load, table, REAL if args.real else IDEAL)
        command = [str(ROOT / "build/ballsim-core"), "--hex", str(args.hex), "--table", str(table), "--sensor", args.sensor]
        if args.fast:
            command.append("--fast")
        for name in ("seconds", "tx_log", "send", "eeprom", "events", "pin_log", "noise"):
            value = getattr(args, name)
            if value is not None:
                command += [f"--{name.replace('_', '-')}", str(value)]
        core = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: core.terminate())
        return core.wait()


if __name__ == "__main__":
    sys.exit(main())
