"""The closed lists. Every value a coded column can take, each with the sentence a reader needs.

A value that is not here does not exist: schema checks refuse it. Add a value together with the code that writes it.
"""

from enum import StrEnum


class Vocabulary(StrEnum):
    """A closed list whose members carry a sentence: `Flag.OK.sentence`."""

    sentence: str

    def __new__(cls, value: str, sentence: str) -> "Vocabulary":
        """Return the member: a plain string with its sentence beside it."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member


class FileStatus(Vocabulary):
    """Whether the bytes a header names arrived whole."""

    OK = "ok", "present, and equal to the published SHA-256 where one is published"
    MISSING = "missing", "named by a header but not in the source"
    CHECKSUM_MISMATCH = (
        "checksum_mismatch",
        "present, but its SHA-256 differs from the published one, or the sum of this signal's samples from its header",
    )
    UNREADABLE = (
        "unreadable",
        "present, but no stream of the declared format, rate and length, damaged on the way (see readable frames), or "
        "of a signal that its header gives no gain",
    )


class Flag(Vocabulary):
    """What cleaning says about one numerics cell; exactly one flag per cell, the first that applies in this order."""

    OK = "ok", "usable"
    NOT_A_NUMBER = "not_a_number", "the cell holds text where a number belongs"
    BAD_TICK = "bad_tick", "the row has no usable integer tick, so the cell has no time"
    UNKNOWN_PARAMETER = (
        "unknown_parameter",
        "the column is not in the catalogue of parameters; its value is kept as read",
    )
    UNKNOWN_UNIT = "unknown_unit", "the parameter is known, the unit is not one we can convert"
    OUTSIDE_RECORD = "outside_record", "the tick lies before the record's first or after its last"
    REPEAT = "repeat", "the same tick and parameter occurred in an earlier row with the same value"
    CONFLICT = "conflict", "the same tick and parameter occurred in an earlier row with another value; the first stands"
    OUT_OF_RANGE = "out_of_range", "beyond the parameter's plausible bounds (see numerics.parameters)"
    NO_SIGNAL = "no_signal", "a zero the monitor sends when it measures nothing (heart rate, respiration, pulse)"
    PRESSURE_ORDER = "pressure_order", "diastolic <= mean <= systolic is broken among the values of this tick"
    ARTEFACT = "artefact", "an arterial line flush or damping: pulse pressure too small for a beating heart"


class MissingReason(Vocabulary):
    """What a cell of a window's regular grid holds, or why it holds nothing; `code` is what tensors store."""

    OBSERVED = "observed", "at least one usable value lies in the cell; the last one is taken"
    HELD = "held", "no usable value in the cell; the last one before it, not older than the task allows, is carried on"
    INTERPOLATED = "interpolated", "no usable value in the cell; drawn between two observed cells of the same window"
    NOT_MEASURED = "not_measured", "the monitor delivered other numerics in this cell, but not this parameter"
    REJECTED = "rejected", "values lie in the cell, none of them usable (see cleaned_numerics.flag)"
    MONITOR_SILENT = "monitor_silent", "no numerics of any kind lie in the cell"
    OUTSIDE_RECORD = "outside_record", "the cell lies before the record's first sample"

    @property
    def code(self) -> int:
        """The number that stands for the reason in tensors and shards; the order above never changes."""
        return list(type(self)).index(self)


class SignalReason(Vocabulary):
    """What a sample (or a tile of samples) of a waveform is, or why it is none; `code` is what masks store.

    A sample takes one of the first six; a tile also the rest, which judge samples that are there.
    """

    OBSERVED = "observed", "a sample of the signal, or a usable tile"
    OUTSIDE_RECORD = "outside_record", "before the record's first or after its last sample"
    GAP = "gap", "between two segments, or in one whose header cannot be used"
    NOT_RECORDED = "not_recorded", "the segment holds other signals, not this one"
    UNREADABLE = "unreadable", "the file is missing, not the published one, or damaged here, or the signal has no gain"
    NO_SIGNAL = "no_signal", "the monitor's own code for no value (-32768)"
    LEAD_OFF = "lead_off", "a constant that the monitor sends when nothing is connected"
    FLAT = "flat", "hardly any change for too long to be physiology"
    SATURATED = "saturated", "at an end of the converter's range"
    CLIPPED = "clipped", "cut off at a level inside the converter's range"
    NOISE = "noise", "no beat, pulse or breath can be told from noise"

    @property
    def code(self) -> int:
        """The number that stands for the reason in masks and shards; the order above never changes."""
        return list(type(self)).index(self)


class BeatKind(Vocabulary):
    """What a row of waveform_beats marks."""

    QRS = "qrs", "the largest swing of a QRS complex, in the lead that was searched"
    PULSE_ONSET = "pulse_onset", "the foot of a pulse, in a plethysmogram or an arterial pressure"
    BREATH = "breath", "the top of a breath in the impedance of the chest"
    SEARCH = "search", "no beat: the tile that ends here was searched; a tile without this row was not"


class Event(StrEnum):
    """The kind of event that other stages speak of by name: it ends every other chance. The rest, definitions say."""

    DEATH = "death"


class EventClass(Vocabulary):
    """The circumstances that make two events of one kind different things to learn from."""

    IN_UNIT = "in_unit", "within an ICU stay"
    IN_HOSPITAL = "in_hospital", "within an admission, outside every ICU stay, or the place is unknown"
    OUT_OF_HOSPITAL = "out_of_hospital", "outside every admission"
    PERI_PROCEDURAL = "peri_procedural", "coded as a complication of a procedure"
    NEWBORN = "newborn", "coded as an event of a newborn: another physiology, another record"
    OBSTETRIC = "obstetric", "coded as a complication of pregnancy, abortion or anaesthesia in pregnancy"
    TYPE_2 = "type_2", "infarction by supply and demand, not by a blocked vessel"
    EXPECTED = "expected", "death after a comfort-care order"
    BRAIN_DEATH = "brain_death", "death declared by neurological criteria"


class Tier(Vocabulary):
    """How an event is known; A and B can make windows positive, C and D only keep a stay from being a negative."""

    A = "A", "timed and direct"
    B = "B", "timed, indirect"
    C = "C", "known to the day"
    D = "D", "known to the stay or admission only: coded after discharge, no time"


class Decision(Vocabulary):
    """What a reviewer decides about an event."""

    ACCEPT = "accept", "the event is one, at its time"
    REJECT = "reject", "the event is none: it stays in the ledger, marked, and nothing counts it"
    RETIME = "retime", "the event is one, at another time"


class Adjudication(Vocabulary):
    """What became of an event under review."""

    ACCEPTED = "accepted", "a reviewer agrees"
    REJECTED = "rejected", "a reviewer says that it is no event; nothing downstream counts it"
    RETIMED = "retimed", "its time and bounds are a reviewer's"


class CareLimitation(Vocabulary):
    """The limitation of care in force and known at the index time."""

    NONE = "none", "the latest statement known is full code"
    DNR = "dnr", "the latest statement known is do-not-resuscitate; this is not comfort care"
    COMFORT = "comfort", "comfort measures only"
    UNKNOWN = "unknown", "no statement is known"


class Exclusion(Vocabulary):
    """Why a label is null; the first that applies in this order."""

    INVALID_STAY = (
        "invalid_stay",
        "the stay ends before it starts, or the patient died before admission: its times cannot be used",
    )
    SOURCE_INCOMPLETE = "source_incomplete", "a clinical table that could hold the event did not arrive whole"
    STAY_ENDED = "stay_ended", "the index time is after the end of the stay"
    AFTER_EVENT = (
        "after_event",
        "the event was under way, or a death or competing event had come",
    )
    BLANKING = "blanking", "within the task's blanking time after an earlier event"
    COMFORT_CARE = "comfort_care", "comfort care was in force"
    CARE_LIMITED = "care_limited", "a do-not-resuscitate order was in force and the task leaves such time out"
    EVENT_IN_GAP = "event_in_gap", "an event lies in (index, index + gap]"
    EVENT_TIME_UNCERTAIN = (
        "event_time_uncertain",
        "an event's [lower, upper] straddles a boundary of the gap or the target",
    )
    UNTIMED_EVENT_IN_STAY = (
        "untimed_event_in_stay",
        "an event of no usable time, tier or class may lie in stay or target",
    )
    FOLLOW_UP_INCOMPLETE = "follow_up_incomplete", "no event was seen, and follow-up ends before the target does"


class WindowExclusion(Vocabulary):
    """Why a labelled index time gives no window."""

    NO_RECORD = "no_record", "no record of this stay covers the whole observation window"
    CLOCK_LAG = "clock_lag", "the record's clock was known to be far from the chart's, and the task leaves that out"
    LOW_COVERAGE = "low_coverage", "the coverage parameters are observed in too few cells of the observation window"
    LOW_WAVEFORM_COVERAGE = (
        "low_waveform_coverage",
        "none of the required signals is usable in enough of the last tiles",
    )


class Split(Vocabulary):
    """Who may see a subject; a subject is in one split only, for ever."""

    TRAIN = "train", "models and normalisation are fitted here"
    TUNING = "tuning", "choices between models are made here"
    HELD_OUT = "held_out", "looked at once, at the end"
