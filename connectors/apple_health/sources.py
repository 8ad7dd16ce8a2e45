"""Who counted the steps of a record. A source is named by its owner ("Anna's iPhone"), so only a hash of the name is kept."""

from typing import Literal

import polars as pl

from connectors.devices import source_device
from connectors.recording import Device

Kind = Literal["watch", "phone", "app"]
_KINDS = pl.Enum(["watch", "phone", "app"])


class Sources:
    """The devices met so far, each a source name together with the kind of hardware it was on; numbered from 0."""

    def __init__(self) -> None:
        self.devices: list[Device] = []
        self._numbers: dict[str, int] = {}

    def numbers(self, records: pl.DataFrame) -> pl.Series:
        """The number of each record's device, UInt32, null without a name. records: sourceName, device."""
        named = records.select("sourceName", _kind().alias("kind"))
        met = named.unique().filter(pl.col("sourceName").is_not_null())
        met = met.with_columns(
            pl.Series("number", [self._number(name, kind) for name, kind in met.iter_rows()], dtype=pl.UInt32)
        )
        return named.join(met, on=["sourceName", "kind"], how="left", maintain_order="left")["number"]

    def _number(self, name: str, kind: Kind) -> int:
        device = source_device(name, "apple", kind, "watch" if kind == "watch" else "phone")
        number = self._numbers.setdefault(device.device_id, len(self.devices))
        if number == len(self.devices):
            self.devices.append(device)
        return number


def _kind() -> pl.Expr:
    """A watch says so in its description or name; what is no hardware of Apple is an app that writes into the phone's store."""
    name, hardware = pl.col("sourceName"), pl.col("device").fill_null("")
    watch = _contains(hardware, "watch") | _contains(name, "watch")
    phone = _contains(hardware, "apple", "iphone", "ipod", "ipad") | _contains(name, "iphone", "ipod")
    phone |= name == "Health"
    return pl.when(watch).then(pl.lit("watch")).when(phone).then(pl.lit("phone")).otherwise(pl.lit("app")).cast(_KINDS)


def _contains(text: pl.Expr, *words: str) -> pl.Expr:
    return text.str.contains_any(list(words), ascii_case_insensitive=True)
