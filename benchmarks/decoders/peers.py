"""Which decoders are compared, what each of them leaves out, and which differences in output are known."""

import dataclasses
from typing import Literal

Format = Literal["fit", "gpx"]


@dataclasses.dataclass(frozen=True)
class Peer:
    """One row of the table.

    adapter: a module of `adapters`, or of `node` if it ends in .mjs. distribution: whose version the row states; empty
    for the project itself. own: installed into a folder of its own, because another peer has a module of that name.
    whole: gives every message; otherwise only the types it reports are compared. pinned: one thread, so that the
    figure is that of a core; otherwise MB/s are of wall time.
    """

    name: str
    format: Format
    adapter: str
    distribution: str
    leaves_out: str
    own: bool = False
    whole: bool = True
    pinned: bool = True
    batch: bool = False

    @property
    def is_ours(self) -> bool:
        return not self.distribution

    @property
    def in_node(self) -> bool:
        return self.adapter.endswith(".mjs")


#: what ratios are computed against
FIT_SCALES = ("fitparse", "fitfast.parse")
GPX_SCALES = ("gpxpy with lxml", "fastgpx")

#: fast ones first: a file that a fast one refuses is dropped before a slow one has read it
PEERS = (
    Peer("ours: Recording", "fit", "fit_ours", "", "positions, by design; the CRC is checked", whole=False),
    Peer("ours: Recording, read_many", "fit", "fit_ours_many", "", "the same", whole=False, batch=True),
    Peer("ours: all messages as columns", "fit", "fit_ours_columns", "", "-; the CRC is checked"),
    Peer(
        "ours: Recording, all cores",
        "fit",
        "fit_ours_processes",
        "",
        "positions, by design; MB per second of wall time",
        whole=False,
        pinned=False,
        batch=True,
    ),
    Peer(
        "fitfast.records",
        "fit",
        "fit_fitfast_records",
        "fitfast",
        "all but one message type (of monitoring, where it finds no record, all); text and arrays",
        whole=False,
    ),
    Peer("fitfast.parse", "fit", "fit_fitfast", "fitfast", "sub-fields, so steps; refuses a header CRC of 0"),
    Peer("pyfitparsernative", "fit", "fit_pyfitparsernative", "pyfitparsernative", "sub-fields, so steps"),
    Peer(
        "fit-file-parser (node)",
        "fit",
        "fit_file_parser.mjs",
        "fit-file-parser",
        "messages outside its profile; the CRC by default; sub-fields, so steps",
        whole=False,
    ),
    Peer("@garmin/fitsdk (node)", "fit", "garmin_fitsdk.mjs", "@garmin/fitsdk", "compressed timestamps (raises)"),
    Peer("garmin-fit-sdk", "fit", "fit_garmin", "garmin-fit-sdk", "compressed timestamps (raises)"),
    Peer("fitdecode", "fit", "fit_fitdecode", "fitdecode", "-; the CRC is checked"),
    Peer("python-fitparse", "fit", "fit_fitparse", "python-fitparse", "-; the CRC is checked", own=True),
    Peer("fitparse", "fit", "fit_fitparse", "fitparse", "what came after its profile of 2020; the CRC is checked"),
    Peer("ours: Recording", "gpx", "gpx_ours", "", "positions, by design (walking labels come of them)"),
    Peer("ours: points as columns", "gpx", "gpx_ours_columns", "", "waypoints, routes, names"),
    Peer("fastgpx", "gpx", "gpx_fastgpx", "fastgpx", "the time of each point; extensions"),
    Peer("expat loop", "gpx", "gpx_expat", "python", "all but position, elevation, time, heart rate, cadence"),
    Peer("lxml iterparse loop", "gpx", "gpx_lxml", "lxml", "all but position, elevation, time, heart rate, cadence"),
    Peer("gpx", "gpx", "gpx_gpx", "gpx", "-"),
    Peer("gpxpy with lxml", "gpx", "gpx_gpxpy", "gpxpy", "-"),
)

#: (peer, fact that differs) -> why that is known and no fault of the reader it is compared with
KNOWN: dict[tuple[str, str], str] = {}
