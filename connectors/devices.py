"""Devices and apps inside one export, told apart without keeping their names: those often hold a person's name."""

import hashlib

from connectors.recording import Device, DeviceClass


def source_device(text: str, manufacturer: str, model: str, device_class: DeviceClass) -> Device:
    """A device that an export names in free text (such as a phone's name); only a hash of the text is kept.

    The serial number is the first eight digits of the text's SHA-256, so every export of the account gives the same device.
    Zeros of such exports never prove wear: a phone lies on a table.
    """
    return Device(
        manufacturer=manufacturer,
        model=model,
        serial=hashlib.sha256(text.encode()).hexdigest()[:8],
        device_class=device_class,
        zeros_prove_wear=False,
    )
