"""Event definitions held against the source: every item and code must exist in its dictionaries.

Shipped definitions are held against the published dictionaries by our own tests; a source may carry a cut of them (the
demo does), so at a run only the definitions that the settings name are checked.

Belongs here: joining the definitions, the source's dictionaries and the catalogue of monitor parameters, which do not
know each other. Does not belong here: what is compared (`events.dictionary`).
"""

from mimic_assets.clinical.dictionaries import read_dictionaries
from mimic_assets.defs.making import Workshop
from mimic_assets.events import Definition
from mimic_assets.events.dictionary import check_definitions, unchecked_dictionaries
from mimic_assets.events.load import definition_files, load_definition
from mimic_assets.numerics.parameters import PARAMETERS


def own_definitions(workshop: Workshop) -> list[Definition]:
    """Return the definitions that a workshop's settings name, by name."""
    own = {load_definition(path).name for path in definition_files(workshop.settings.events)}
    return [definition for definition in workshop.definitions if definition.name in own]


def check_against_source(workshop: Workshop) -> list[str]:
    """Check the definitions that a workshop's settings name; return the dictionaries that its source lacks.

    Raises:
        RequestError: an item, a code or a parameter does not exist; all of them, with near misses.
    """
    if not workshop.settings.events:
        return []
    dictionary = read_dictionaries(workshop.clinical)
    check_definitions(own_definitions(workshop), dictionary, [parameter.name for parameter in PARAMETERS])
    return unchecked_dictionaries(dictionary)
