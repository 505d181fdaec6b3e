"""Which ICU stay and admission a time lies in, for any number of subjects at once.

Belongs here: looking times, days and admissions up among the subjects' stays. Does not belong here: whether an event
counts (`definition`), or links between records and stays (`record_stays` brings them).
"""

from dataclasses import dataclass

import polars as pl

from mimic_assets.schemas.vocabulary import EventClass

_ROW = "_row"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The admissions and ICU stays of some subjects, in the order of source rows."""

    admissions: pl.DataFrame
    """`subject_id hadm_id start end`; end is the later of dischtime and deathtime: dischtime may lie before death."""
    stays: pl.DataFrame
    """`subject_id hadm_id stay_id start end`."""

    @classmethod
    def of(cls, admissions: pl.DataFrame, icustays: pl.DataFrame) -> "Whereabouts":
        """Return the whereabouts that rows of `clinical_extract` of these two tables tell."""
        order = ("subject_id", "source_row")
        return cls(
            admissions.sort(order).select(
                "subject_id", "hadm_id", start="start_time", end=pl.max_horizontal("end_time", "death_time")
            ),
            icustays.sort(order).select("subject_id", "hadm_id", "stay_id", start="start_time", end="end_time"),
        )

    def placed(self, rows: pl.DataFrame, time: str) -> pl.DataFrame:
        """Return rows with `hadm_id`, `stay_id` and `event_class` completed by their time, in their order.

        What a row says stands. A stay is the last to start whose `(intime, outtime]` holds the time, if its admission
        is not another than the row's. No slack is given around a stay: in the demo death lies 1-5 h before the outtime
        of a patient who died in the unit, and a day or more after that of one who did not. An admission is that of the
        row's stay, else the last to start whose `(admittime, end]` holds the time.

        Args:
            rows: `subject_id hadm_id stay_id` and the column of times.
            time: name of that column; a null time lies nowhere.
        """
        numbered = rows.with_row_index(_ROW)
        at = numbered.select(_ROW, "subject_id", at=time)
        inside = (pl.col("start") < pl.col("at")) & (pl.col("at") <= pl.col("end"))
        stay = _last(at.join(self.stays, on="subject_id").filter(inside), "stay_id")
        admission = _last(at.join(self.admissions, on="subject_id").filter(inside), "hadm_id")
        of_stay = self.stays.filter(pl.col("stay_id").is_not_null()).unique(
            "stay_id", keep="first", maintain_order=True
        )
        found = (
            numbered.join(stay.select(_ROW, in_stay="stay_id", of="hadm_id"), on=_ROW, how="left")
            .join(admission.select(_ROW, in_admission="hadm_id"), on=_ROW, how="left")
            .with_columns(
                stay_id=pl.coalesce(
                    "stay_id",
                    pl.when(
                        pl.any_horizontal(pl.col("hadm_id", "of").is_null(), pl.col("hadm_id") == pl.col("of"))
                    ).then("in_stay"),
                )
            )
            .join(of_stay.select("stay_id", named="hadm_id"), on="stay_id", how="left")
            .with_columns(
                hadm_id=pl.coalesce(
                    "hadm_id", pl.when(pl.col("stay_id").is_null()).then("in_admission").otherwise("named")
                ),
                event_class=place_class(),
            )
        )
        return found.sort(_ROW).drop(_ROW, "in_stay", "of", "in_admission", "named")

    def on_day(self, rows: pl.DataFrame, day: str) -> pl.DataFrame:
        """Return rows with `hadm_id`: the admission, last to start, that shares time with the day; null where none."""
        numbered = rows.drop("hadm_id", strict=False).with_row_index(_ROW)
        pairs = numbered.select(_ROW, "subject_id", at=day).join(self.admissions, on="subject_id")
        shares = (pl.col("start") < pl.col("at") + pl.duration(days=1)) & (pl.col("at") <= pl.col("end"))
        is_period = pl.col("start") < pl.col("end")
        admission = _last(pairs.filter(shares & is_period), "hadm_id").select(_ROW, "hadm_id")
        return numbered.join(admission, on=_ROW, how="left").sort(_ROW).drop(_ROW)

    def bounded(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows with `lower_time` and `upper_time`: the ends of their admission, null where it is not known."""
        known = self.admissions.filter(pl.col("hadm_id").is_not_null())
        first = known.unique(["subject_id", "hadm_id"], keep="first", maintain_order=True)
        ends = first.select("subject_id", "hadm_id", lower_time="start", upper_time="end")
        return rows.join(ends, on=["subject_id", "hadm_id"], how="left", maintain_order="left")


def place_class() -> pl.Expr:
    """Return the class of an event by its place: in a unit where it has a stay, else in hospital."""
    is_in_unit = pl.col("stay_id").is_not_null()
    return pl.when(is_in_unit).then(pl.lit(EventClass.IN_UNIT.value)).otherwise(pl.lit(EventClass.IN_HOSPITAL.value))


def _last(pairs: pl.DataFrame, identifier: str) -> pl.DataFrame:
    """Return for each row the period that starts last; of equals the highest identifiers."""
    order = [_ROW, "start", *dict.fromkeys((identifier, "hadm_id"))]
    return pairs.sort(order, nulls_last=False).unique(_ROW, keep="last", maintain_order=True)
