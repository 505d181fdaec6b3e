"""A line of a segment's header: `file format[xN][:skew][+offset] [gain[(baseline)][/unit] [bits [zero [first [sum
[block [name]]]]]]]`.

Belongs here: this line and its defaults. Does not belong here: which formats can be decoded (`samples`).
Source: WFDB header(5).
"""

import re

from mimic_assets.records.header.fields import COUNT, NUMBER, SAMPLE, LineFields
from mimic_assets.records.header.values import Dialect, HeaderDefect, SignalLine

DEFAULT_UNIT = "mV"
_FILE_NAME = re.compile(r"~|[-\w]+(?:\.[-\w]+)*")
_FORMAT = re.compile(r"(\d{1,3})(?:x([1-9]\d{0,2}))?", re.ASCII)
_FULL_FORMAT = re.compile(r"(\d{1,3})(?:x([1-9]\d{0,2}))?(?::(\d{1,9}))?(?:\+(\d{1,12}))?", re.ASCII)
_GAIN = re.compile(rf"({NUMBER}(?:[eE][-+]?\d\d?)?)(?:\(([-+]?\d{{1,10}})\))?(?:/(\S+))?", re.ASCII)
_DIFFERENCES = 8
_LEAST_GAIN = 1e-20
"""With 32-bit samples a smaller one leaves float32; no converter has one."""


def signal_line(number: int, line: str, dialect: Dialect, defects: list[HeaderDefect]) -> SignalLine | None:
    """Return the signal; None where a field is missing or wrong.

    Missing: where the dialect allows it, gain 0 (uncalibrated), mV, 12 bits (10 in format 8), zero 0, a first value of
    the zero, no sum, block 0, no name.
    """
    fields = LineFields(number, defects)
    before = len(defects)
    words = line.split(None, 8)
    is_published = dialect is Dialect.PUBLISHED
    if len(words) != 9 and (is_published or len(words) < 2):
        expected = "9: file, format, gain, resolution, zero, initial value, checksum, block size, name"
        fields.refuse("signal line", f"{len(words)} fields", expected)
        return None
    given = len(words)
    words += [""] * (9 - given)
    fields.match("file name", words[0], _FILE_NAME, "a plain file name beside the header, or ~")
    if is_published:
        storage = fields.match("format", words[1], _FORMAT, "format or format x samples per frame (no skew, no offset)")
    else:
        storage = fields.match("format", words[1], _FULL_FORMAT, "format, format x samples per frame, :skew, +offset")
    gain = fields.match("gain", words[2] or "0", _GAIN, "steps per unit, gain(baseline)/unit")
    is_differences = storage is not None and int(storage[1]) == _DIFFERENCES
    bits = fields.integer("resolution", words[3] or ("10" if is_differences else "12"), COUNT)
    zero = fields.integer("ADC zero", words[4] or "0", SAMPLE)
    initial = fields.integer("initial value", words[5] or str(zero), SAMPLE)
    checksum = fields.integer("checksum", words[6] or "0")
    block = fields.integer("block size", words[7] or "0")
    if bits > 32:
        fields.refuse("resolution", f"{bits} bits", "at most 32")
    if not -32768 <= checksum <= 65535:
        fields.refuse("checksum", "a number of more than 16 bits", "-32768 to 65535")
    baseline = zero if gain is None or gain[2] is None else int(gain[2])
    for name, value in (("ADC zero", zero), ("initial value", initial), ("gain", baseline)):
        if not -(2**31) <= value < 2**31:
            fields.refuse(name, "a number of more than 32 bits", f"{-(2**31)} to {2**31 - 1}")
    if gain is not None and float(gain[1]) and not _LEAST_GAIN <= float(gain[1]) <= 1 / _LEAST_GAIN:
        fields.refuse("gain", repr(gain[1]), f"0, or {_LEAST_GAIN:g} to {1 / _LEAST_GAIN:g}")
    if len(defects) > before or storage is None or gain is None:
        return None
    return SignalLine(
        words[0],
        int(storage[1]),
        int(storage[2] or 1),
        float(gain[1]),
        baseline,
        gain[3] or DEFAULT_UNIT,
        bits,
        zero,
        initial,
        checksum % 65536 if given > 6 else None,
        block,
        words[8].strip(),
        number,
        *((int(storage[3] or 0), int(storage[4] or 0)) if not is_published else ()),
    )
