"""What the codes of an export mean, in words: rows of the MEDS code metadata.

Belongs here: one sentence per code. Does not belong here: which codes occur (`history`).
"""

from collections.abc import Mapping

from mimic_assets.schemas.vocabulary import EventClass, Tier

_FIXED = {
    "MEDS_DEATH": "Death of the patient; at the end of the day where only the day is known",
    "HOSPITAL_ADMISSION": "Admission to hospital (admittime)",
    "HOSPITAL_DISCHARGE": "End of the admission as charted (dischtime); never a time of death",
    "ICU_ADMISSION": "Start of an ICU stay (intime)",
    "ICU_DISCHARGE": "End of an ICU stay as charted (outtime); never a time of death",
    "GENDER": "Gender as registered (patients.gender)",
    "INDEX": "Index time of a task: a prediction is made here from what is known up to and including it",
}


def describe_codes(codes: list[str], events: Mapping[str, str], tasks: Mapping[str, str]) -> list[str]:
    """Return a sentence for each code, in their order.

    Args:
        codes: codes of an export.
        events: title of each event, by name.
        tasks: title of each task, by name.

    Examples:
        >>> describe_codes(["EVENT//vf//in_unit//B"], {"vf": "Ventricular fibrillation"}, {})
        ['Ventricular fibrillation; within an ICU stay; timed, indirect']
    """
    return [_describe(code.split("//"), events, tasks) for code in codes]


def _describe(parts: list[str], events: Mapping[str, str], tasks: Mapping[str, str]) -> str:
    if parts[0] == "EVENT":
        _, kind, circumstances, tier = parts
        sentences = {member.value: member.sentence for member in (*EventClass, *Tier)}
        return f"{events.get(kind, kind)}; {sentences[circumstances]}; {sentences[tier]}"
    more = "//".join(parts[1:])
    about = f": {tasks.get(more, more) if parts[0] == 'INDEX' else more}" if more else ""
    return _FIXED[parts[0]] + about
