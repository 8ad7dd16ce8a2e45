"""Which device each row is of: the file's own, or one of several that share an export."""

import dataclasses
import re
import string

import polars as pl

from connectors.devices import source_device
from connectors.dialect import DeviceRule
from connectors.pedometer_csv.head import Layout
from connectors.recording import Device


def device_of_file(layout: Layout) -> Device:
    """The device that the dialect and the captured variables describe."""
    rule, variables = layout.dialect.device, Variables(layout.variables)
    return Device(
        manufacturer=rule.manufacturer.format_map(variables) or "unknown",
        model=rule.model.format_map(variables) or "unknown",
        serial=rule.serial.format_map(variables) or None,
        device_class=rule.device_class,
        zeros_prove_wear=rule.zeros_prove_wear,
    )


def devices_of_rows(rows: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, dict[str, Device]]:
    """Rows with `device_label` in place of the device and hardware cells, and the devices by label."""
    rule = layout.dialect.device
    if "device" not in rows.columns:
        return (rows.drop("hardware") if "hardware" in rows.columns else rows), {}
    if "hardware" not in rows.columns:
        rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias("hardware"))
    if rule.label == "as_written":
        return rows.rename({"device": "device_label"}).drop("hardware"), {}
    pairs = rows.select("device", "hardware").unique().filter(pl.col("device").is_not_null())
    whole = device_of_file(layout)
    found = {pair: _device(rule, whole, *pair) for pair in pairs.iter_rows()}
    # one name for two devices of different kinds is two devices
    labels = pairs.with_columns(
        pl.Series("device_label", [found[pair].device_id for pair in pairs.iter_rows()], dtype=pl.String)
    )
    joined = rows.join(labels, on=["device", "hardware"], how="left", nulls_equal=True, maintain_order="left")
    return joined.drop("device", "hardware"), {device.device_id: device for device in found.values()}


def _device(rule: DeviceRule, whole: Device, device: str, hardware: str | None) -> Device:
    text = f"{device}\n{hardware or ''}"
    kind = next((kind for kind in rule.kinds if re.search(kind.contains, text)), None)
    made = source_device(device, whole.manufacturer, whole.model, whole.device_class)
    if kind is not None:
        made = source_device(device, kind.manufacturer or whole.manufacturer, kind.model, kind.device_class)
    return dataclasses.replace(made, zeros_prove_wear=rule.zeros_prove_wear)


class Variables(dict[str, str]):
    """Captured variables in which a missing one is empty text."""

    def __missing__(self, key: str) -> str:
        return ""

    def knows(self, template: str) -> bool:
        """True if every variable of the template was captured."""
        return all(name in self for _, name, _, _ in string.Formatter().parse(template) if name)
