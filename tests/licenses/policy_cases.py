"""Policy cases written blind, from licence texts and the stewards' own pages, not from the code.

One case a line: licences (several with + between them, - for none) | use | verdict | obligations | authority. A use
is its action and its keys: `key` is true, `!key` false. The obligations must be among the result's. A verdict with ? is
one of two that can be defended; the authority names the other ("alt ..."). "X not Y": Y was written blind, X is what
was decided since, and why ("open": the code is to change). "note" = the project's research note, its paragraphs "Use
policy" and "Unknown". Nothing here is legal advice.

Read for these cases (stored copies): CC-BY-NC-SA-4.0, CC-BY-ND-3.0, CC-BY-SA-1.0 and 2.0; the part on BY and SA of
CC's "Using CC-licensed works for AI training"; ODbL-1.0 to s.4.7; ODC-By-1.0 s.4 on; CDLA-Permissive-1.0 and 2.0,
CDLA-Sharing-1.0, C-UDA-1.0, O-UDA-1.0, OGL-UK-3.0, Etalab-2.0; Llama 3.1, 3.2 and 4; Gemma Terms of Use; CreativeML
OpenRAIL-M s.1 to 12; GPL-3.0 s.0 to 6. Read in quotations by others only: Llama 2 and 3 (s.1.b.i, 1.b.v, 2), the last
paragraph of the Llama 3.2 and 4 use policies, ImageNet terms (cl. 1 and 4), the introductions of the Falcon licences,
the Stability revenue limit. Cited from general knowledge and not read again: the other Creative Commons versions, CC's
FAQ, adapters' charts and compatibility list, PDDL, GFDL, GPL-2.0, AGPL, MPL, EUPL, the permissive licences, the other
RAIL licences, Llama 3.3, Mistral, FAIR, Apple, Intel, DeepFloyd, OpenMDW.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """blind: the verdict as first written, where it was another."""

    licenses: tuple[str, ...]
    use: dict[str, Any]
    verdict: str
    obligations: frozenset[str]
    authority: str
    certain: bool
    blind: str | None

    def __str__(self) -> str:
        return f"{' + '.join(self.licenses)}: {self.use}"


def case(line: str) -> Case:
    names, use, verdict, obligations, authority = line.strip().split(" | ")
    now, _, blind = verdict.partition(" not ")
    return Case(
        tuple("" if name == "-" else name for name in names.split(" + ")),
        intended(use),
        now.lstrip("?"),
        frozenset() if obligations == "-" else frozenset(obligations.split()),
        authority,
        "?" not in verdict,
        blind.lstrip("?") or None,
    )


def intended(text: str) -> dict[str, Any]:
    action, *keys = text.split(", ")
    use: dict[str, Any] = {"action": action}
    for key in keys:
        name, _, value = key.partition("=")
        use[name.lstrip("!")] = (int(value) if value.isdigit() else value) if value else not name.startswith("!")
    return use


CASES = [
    case(line)
    for line in """
    # Creative Commons: training inside the house
    CC0-1.0 | train, commercial, share=none | allowed | - | CC0-1.0 s.2: waiver of all copyright and related rights; no condition
    CC-BY-4.0 | train, commercial, share=none | allowed | - | CC-BY-4.0 s.2(a)(1), s.3(a): attribution is due 'if You Share'; nothing is shared
    CC-BY-4.0 | train, commercial, share=none, !attribution_given | allowed | - | CC-BY-4.0 s.3(a)(1): condition only 'if You Share the Licensed Material'
    CC-BY-3.0 | train, commercial | allowed | - | CC-BY-3.0 s.3, s.4(b): attribution only on Distribute or Publicly Perform; share absent
    CC-BY-2.0 | train, commercial, share=none | allowed | - | CC-BY-2.0 s.4(b): on distribute / display / perform only
    CC-BY-SA-4.0 | train, commercial, share=none | allowed | - | CC-BY-SA-4.0 s.3(b): only 'if You Share Adapted Material'; CC AI primer: SA bites if model/outputs are shared
    CC-BY-SA-3.0 | train, !commercial, share=none | allowed | - | CC-BY-SA-3.0 s.4(b): only on Distribute or Publicly Perform
    CC-BY-ND-4.0 | train, commercial, share=none | allowed | - | CC-BY-ND-4.0 s.2(a)(1)(B): 'produce and reproduce, but not Share, Adapted Material'
    CC-BY-ND-3.0 | train, commercial, share=none | needs-review not ?allowed | - | note: ND bites on sharing; alt needs-review: ND 3.0 s.3 grants no right to adapt at all, only technical changes; decided: section 3 gives no right to adapt, and whether training adapts is open
    CC-BY-NC-4.0 | train, commercial, share=none | denied | - | CC-BY-NC-4.0 s.2(a)(1)(A) 'for NonCommercial purposes only'; note: NC blocks commercial training
    CC-BY-NC-4.0 | train, !commercial, share=none | allowed | - | CC-BY-NC-4.0 s.2(a)(1)(A): NonCommercial use is granted
    CC-BY-NC-2.0 | train, commercial, share=none | denied | - | CC-BY-NC-2.0 s.4(b): not 'primarily intended for or directed toward commercial advantage'
    CC-BY-NC-3.0 | train, commercial | denied | - | CC-BY-NC-3.0 s.4(b)
    CC-BY-NC-SA-4.0 | train, commercial, share=none | denied | - | CC-BY-NC-SA-4.0 s.2(a)(1)
    CC-BY-NC-SA-4.0 | train, !commercial, share=none | allowed | - | CC-BY-NC-SA-4.0 s.2(a)(1); s.3(b) only on sharing
    CC-BY-NC-ND-4.0 | train, commercial, share=none | denied | - | CC-BY-NC-ND-4.0 s.2(a)(1)
    CC-BY-NC-ND-4.0 | train, !commercial, share=none | allowed | - | CC-BY-NC-ND-4.0 s.2(a)(1)(B): may produce, not Share, Adapted Material
    CC-BY-NC-4.0 | train, share=none | needs-review not ?allowed | - | commercial absent = not declared commercial; alt needs-review (the purpose decides and is not known); decided: whether the use is commercial is not said
    CC-BY-4.0 | train, commercial, share=none, generative | allowed | - | CC-BY-4.0 s.2(a)(4): all media and formats; kind of model is no criterion
    cc-by-nc-4.0 | train, commercial, !generative | denied | - | CC-BY-NC-4.0 s.2(a)(1), Hub tag spelling; kind of model is no criterion
    # Creative Commons: weights are published
    CC0-1.0 | train, share=weights, commercial | allowed | - | CC0-1.0 s.2
    CC-BY-4.0 | train, share=weights, commercial | allowed | attribution | CC AI primer (BY): attribution could be a link to the source of the dataset; CC-BY-4.0 s.3(a)
    CC-BY-4.0 | train, share=weights, commercial, attribution_given | allowed | - | CC-BY-4.0 s.3(a)(1) fulfilled
    CC-BY-4.0 | train, share=weights, commercial, !attribution_given | ?denied | - | CC-BY-4.0 s.3(a)(1) + conservative default (weights as shared material); alt needs-review
    CC-BY-SA-4.0 | train, share=weights, commercial | needs-review | - | note: SA with published weights -> needs-review; CC AI primer (SA)
    CC-BY-SA-3.0 | train, share=weights, !commercial | needs-review | - | note: SA with published weights -> needs-review
    CC-BY-SA-4.0 | train, share=weights, outbound=CC-BY-SA-4.0 | ?needs-review | - | CC AI primer (SA): same licence would satisfy; alt allowed with share-alike, as the model is shared alike
    CC-BY-ND-4.0 | train, share=weights, commercial | needs-review | - | note: ND with published weights -> needs-review (is a model Adapted Material?)
    CC-BY-ND-4.0 | train, share=weights, !commercial, attribution_given | needs-review | - | note: ND with published weights; attribution does not cure it
    CC-BY-NC-4.0 | train, share=weights, !commercial | allowed | attribution | CC-BY-NC-4.0 s.2(a)(1)(A), s.3(a)
    CC-BY-NC-4.0 | train, share=weights, commercial | denied | - | CC-BY-NC-4.0 s.2(a)(1)
    CC-BY-NC-SA-4.0 | train, share=weights, !commercial | needs-review | - | note: SA with published weights
    CC-BY-NC-SA-3.0 | train, share=weights, commercial | denied | - | CC-BY-NC-SA-3.0 s.4(c): NC wins over the SA review
    CC-BY-NC-ND-4.0 | train, share=weights, !commercial | needs-review | - | note: ND with published weights
    CC-BY-NC-ND-3.0 | train, share=weights, commercial | denied | - | CC-BY-NC-ND-3.0 s.4(b)
    # Creative Commons: the data are published
    CC0-1.0 | publish-dataset, commercial, adapted, !attribution_given | allowed | - | CC0-1.0 s.2: no attribution duty
    CC-BY-4.0 | publish-dataset, commercial | allowed | attribution | CC-BY-4.0 s.3(a)(1)
    CC-BY-4.0 | publish-dataset, commercial, attribution_given | allowed | - | CC-BY-4.0 s.3(a)(1) fulfilled
    CC-BY-4.0 | publish-dataset, commercial, !attribution_given | denied | - | CC-BY-4.0 s.3(a)(1), s.6(a): rights end on failure to comply
    CC-BY-3.0 | publish-dataset, !attribution_given | denied | - | CC-BY-3.0 s.4(b)
    CC-BY-2.5 | publish-dataset, adapted | allowed | attribution | CC-BY-2.5 s.3(b), s.4(b)
    CC-BY-4.0 | publish-dataset, adapted | ?allowed | attribution state-changes | CC-BY-4.0 s.3(a)(1)(B): indicate if You modified; alt only attribution, which holds it
    CC-BY-4.0 | publish-dataset, adapted, outbound=CC-BY-SA-4.0 | allowed | attribution | CC adapters' chart BY -> BY-SA; CC-BY-4.0 s.3(a)(4)
    CC-BY-4.0 | publish-dataset, adapted, outbound=CC-BY-NC-4.0 | allowed | attribution | CC adapters' chart BY -> BY-NC; s.3(a)(4) attribution still passes through
    CC-BY-SA-4.0 | publish-dataset, commercial | allowed | attribution | CC-BY-SA-4.0 s.3(a); unmodified copy
    CC-BY-SA-4.0 | publish-dataset, adapted | allowed | attribution share-alike | CC-BY-SA-4.0 s.3(a), s.3(b)(1); outbound not stated
    CC-BY-SA-4.0 | publish-dataset, adapted, outbound=CC-BY-SA-4.0 | allowed | attribution share-alike | CC-BY-SA-4.0 s.3(b)(1)
    CC-BY-SA-4.0 | publish-dataset, adapted, outbound=CC-BY-4.0 | denied | - | CC-BY-SA-4.0 s.3(b)(1): same elements, or a BY-SA compatible licence
    CC-BY-SA-4.0 | publish-dataset, adapted, outbound=MIT | denied | - | CC-BY-SA-4.0 s.3(b)(1); MIT is no BY-SA compatible licence
    CC-BY-SA-4.0 | publish-dataset, adapted, outbound=GPL-3.0-only | allowed | attribution | CC ShareAlike compatibility: GPLv3, one way, 2015-10-08
    CC-BY-SA-4.0 | publish-dataset, adapted, outbound=CC-BY-SA-3.0 | denied | - | CC-BY-SA-4.0 s.3(b)(1): 'this version or later'
    CC-BY-SA-3.0 | publish-dataset, adapted, outbound=CC-BY-SA-4.0 | allowed | attribution share-alike | CC-BY-SA-3.0 s.4(b)(ii): a later version with the same License Elements
    CC-BY-SA-3.0 | publish-dataset, adapted, outbound=GPL-3.0-only | ?denied | - | CC compatibility page lists GPLv3 for BY-SA 4.0 only; alt allowed via s.4(b)(ii) to 4.0, then GPLv3
    CC-BY-SA-2.0 | publish-dataset, adapted, outbound=CC-BY-SA-4.0 | allowed | attribution share-alike | CC-BY-SA-2.0 s.4(b): later version of this License with the same License Elements
    CC-BY-SA-1.0 | publish-dataset, adapted, outbound=CC-BY-SA-2.0 | denied | - | CC-BY-SA-1.0 s.4(b): 'under the terms of this License' only; note: later_versions 1.0 no
    CC-BY-SA-4.0 | publish-dataset, adapted, outbound=CC-BY-NC-SA-4.0 | denied | - | CC adapters' chart: BY-SA -> BY-NC-SA not permitted; s.3(b)(1)
    CC-BY-SA-4.0 | publish-dataset, collection, collection_license=MIT | allowed | attribution | CC-BY-SA-4.0 s.3(b) speaks of Adapted Material; CC FAQ: a collection may carry another licence
    CC-BY-SA-3.0 | publish-dataset, collection, collection_license=CC-BY-4.0 | allowed | attribution | CC-BY-SA-3.0 s.1(b), s.4(a): a Collection need not be under this License
    CC-BY-SA-4.0 | publish-dataset, adapted, outbound=CC-BY-SA-4.0, !attribution_given | denied | - | CC-BY-SA-4.0 s.3(a)(1)
    CC-BY-ND-4.0 | publish-dataset, commercial | allowed | attribution | CC-BY-ND-4.0 s.2(a)(1)(A), s.3(a): verbatim sharing
    CC-BY-ND-4.0 | publish-dataset, !commercial, adapted | denied | - | CC-BY-ND-4.0 s.2(a)(1)(B), s.3(a): no permission to Share Adapted Material
    CC-BY-ND-4.0 | publish-dataset, adapted, attribution_given | denied | - | CC-BY-ND-4.0 s.2(a)(1)(B): attribution does not cure it
    CC-BY-ND-4.0 | publish-dataset, collection, collection_license=CC-BY-4.0 | allowed | attribution | CC FAQ: ND works may be in a collection; the work is unchanged
    CC-BY-ND-2.0 | publish-dataset, adapted | denied | - | CC-BY-ND-2.0 s.3: no right to create and reproduce Derivative Works
    CC-BY-NC-4.0 | publish-dataset, commercial | denied | - | CC-BY-NC-4.0 s.2(a)(1)(A)
    CC-BY-NC-4.0 | publish-dataset, !commercial | allowed | attribution | CC-BY-NC-4.0 s.2(a)(1)(A), s.3(a)
    CC-BY-NC-4.0 | publish-dataset, !commercial, collection, collection_license=CC-BY-4.0 | denied not allowed | attribution | CC FAQ collections: each item keeps its own licence; decided: the FAQ's table on collections has NonCommercial material in NonCommercial collections only
    CC-BY-NC-4.0 | publish-dataset, !commercial, adapted, outbound=CC-BY-4.0 | needs-review not ?denied | - | CC adapters' chart: BY-NC -> BY not permitted; alt needs-review; decided: a yellow cell of the chart
    CC-BY-NC-SA-4.0 | publish-dataset, !commercial, adapted, outbound=CC-BY-NC-SA-4.0 | allowed | attribution share-alike | CC-BY-NC-SA-4.0 s.3(b)(1)
    CC-BY-NC-SA-4.0 | publish-dataset, !commercial, adapted, outbound=CC-BY-SA-4.0 | denied | - | CC-BY-NC-SA-4.0 s.3(b)(1): same License Elements
    CC-BY-NC-SA-4.0 | publish-dataset, commercial, collection, collection_license=MIT | denied | - | CC-BY-NC-SA-4.0 s.2(a)(1): a commercial collection shares the NC work commercially
    CC-BY-NC-ND-4.0 | publish-dataset, !commercial | allowed | attribution | CC-BY-NC-ND-4.0 s.2(a)(1)(A), s.3(a)
    CC-BY-NC-ND-4.0 | publish-dataset, !commercial, adapted | denied | - | CC-BY-NC-ND-4.0 s.2(a)(1)(B)
    # Creative Commons: mining, in-house use, display, outputs
    CC-BY-ND-4.0 | tdm, commercial | allowed | - | CC-BY-ND-4.0 s.2(a)(1)(B); ND FAQ: mining without sharing adaptations
    CC-BY-NC-4.0 | tdm, commercial | denied | - | CC-BY-NC-4.0 s.2(a)(1) under the conservative default
    CC-BY-NC-4.0 | tdm, !commercial | allowed | - | CC-BY-NC-4.0 s.2(a)(1)
    CC-BY-NC-4.0 | tdm, commercial, jurisdiction=EU | ?denied | - | conservative default ignores exceptions; alt needs-review/allowed by CDSM Art. 4 (s.2(a)(2) keeps exceptions)
    CC-BY-SA-4.0 | tdm, commercial | allowed | - | CC-BY-SA-4.0 s.3(b): only on sharing Adapted Material
    CC-BY-4.0 | internal-use, commercial, !attribution_given | allowed | - | CC-BY-4.0 s.3(a)(1): only if shared
    CC-BY-NC-4.0 | internal-use, commercial | denied | - | CC-BY-NC-4.0 s.1(i), s.2(a)(1): internal commercial use is not NonCommercial
    CC-BY-ND-4.0 | internal-use, adapted | allowed | - | CC-BY-ND-4.0 s.2(a)(1)(B): produce but not Share
    CC-BY-ND-3.0 | internal-use, adapted | allowed not ?needs-review | - | CC-BY-ND-3.0 s.3: 'otherwise you have no rights to make Adaptations'; alt allowed (note: ND bites on sharing); decided: nothing is published, and `adapted` speaks of what is
    CC-BY-4.0 | display, commercial | allowed | attribution | CC-BY-4.0 s.1(i) Share includes public display; s.3(a)
    CC-BY-4.0 | display, !attribution_given | denied | - | CC-BY-4.0 s.1(i), s.3(a)(1)
    CC-BY-NC-4.0 | display, commercial | denied | - | CC-BY-NC-4.0 s.2(a)(1)
    CC-BY-ND-4.0 | display | allowed | attribution | CC-BY-ND-4.0 s.2(a)(1)(A)
    CC0-1.0 | display, !attribution_given | allowed | - | CC0-1.0 s.2
    CC0-1.0 | publish-outputs, commercial | allowed | - | CC0-1.0 s.2
    CC-BY-SA-4.0 | publish-outputs, commercial | allowed not ?needs-review | - | CC AI primer (SA): outputs based on SA content that are shared; alt allowed (outputs mostly no adaptation); decided: an output is material of its own unless it repeats the licensed one
    CC-BY-4.0 | publish-outputs, commercial | ?allowed | - | CC AI primer (BY): attribute outputs where one can; alt obligations attribution
    CC-BY-NC-4.0 | publish-outputs, commercial | ?denied | - | CC AI primer (NC): NC covers every stage, outputs included; alt needs-review
    # Open Data Commons
    ODbL-1.0 | train, commercial, share=none | allowed | - | ODbL-1.0 s.3.1 commercial use explicit; s.4.5(c) internal use is free
    ODbL-1.0 | publish-dataset, commercial | allowed | notice | ODbL-1.0 s.4.2(b),(c)
    ODbL-1.0 | publish-dataset, !notice_given | denied | - | ODbL-1.0 s.4.2(b),(c)
    ODbL-1.0 | publish-dataset, !license_text_included | ?denied | - | ODbL-1.0 s.4.2(b): copy of the licence or its URI; alt needs-review (a URI may stand instead)
    ODbL-1.0 | publish-dataset, adapted | allowed | notice share-alike | ODbL-1.0 s.4.2, s.4.4(a)
    ODbL-1.0 | publish-dataset, adapted, outbound=ODbL-1.0 | allowed | share-alike | ODbL-1.0 s.4.4(a)(i)
    ODbL-1.0 | publish-dataset, adapted, outbound=CC-BY-4.0 | denied | - | ODbL-1.0 s.4.4(a)
    ODbL-1.0 | publish-dataset, adapted, outbound=CC-BY-SA-4.0 | denied | - | ODbL-1.0 s.4.4(a),(e): no compatible licence was ever named
    ODbL-1.0 | publish-dataset, collection, collection_license=CC-BY-4.0 | allowed | notice | ODbL-1.0 s.4.5(a) Collective Database; s.4.2 notices stay
    ODbL-1.0 | publish-produced-work, commercial | allowed | produced-work-notice | ODbL-1.0 s.4.3
    ODbL-1.0 | publish-produced-work, notice_given | allowed | - | ODbL-1.0 s.4.3 fulfilled
    ODbL-1.0 | publish-produced-work, !notice_given | denied | - | ODbL-1.0 s.4.3
    ODbL-1.0 | publish-produced-work, outbound=CC-BY-4.0 | allowed | produced-work-notice | ODbL-1.0 s.4.5(b): share-alike does not reach a Produced Work
    ODbL-1.0 | publish-produced-work, adapted | ?allowed | produced-work-notice share-alike | ODbL-1.0 s.4.4(c), s.4.6: the Derivative Database behind it must be offered; alt without share-alike
    ODbL-1.0 | train, share=weights, commercial | ?needs-review | - | note: SA with weights; alt allowed + produced-work-notice if a model is a Produced Work (s.1, s.4.5(b))
    ODC-By-1.0 | train, commercial | allowed | - | ODC-By-1.0 s.3.1
    ODC-By-1.0 | publish-dataset, commercial | ?allowed | notice | ODC-By-1.0 s.4.2; alt attribution as the duty's name
    ODC-By-1.0 | publish-dataset, !notice_given | ?denied | - | ODC-By-1.0 s.4.2(c); alt allowed where only attribution_given is read
    ODC-By-1.0 | publish-produced-work | allowed | produced-work-notice | ODC-By-1.0 s.4.3
    ODC-By-1.0 | publish-dataset, adapted, outbound=CC-BY-4.0 | needs-review not ?allowed | - | ODC-By-1.0 is read as attribution only; alt denied: s.4.2(a) 'only under the terms of this License' names Derivative Databases too; decided: the text and its steward differ, a person decides
    odc-by | train, share=weights, commercial | allowed | - | ODC-By-1.0 s.3.1: no share-alike; duty at most a notice (s.4.3)
    PDDL-1.0 | publish-dataset, commercial, adapted, !attribution_given, !notice_given | allowed | - | PDDL-1.0 s.3: dedication without conditions
    PDDL-1.0 | train, share=weights, commercial | allowed | - | PDDL-1.0 s.3
    # CDLA, UDA, government licences
    CDLA-Permissive-2.0 | train, share=weights, commercial | allowed | - | CDLA-Permissive-2.0 s.3.1, s.5.4: models are Results, no obligation
    CDLA-Permissive-2.0 | publish-dataset, commercial | allowed | notice | CDLA-Permissive-2.0 s.2.1: text of the agreement with the data
    CDLA-Permissive-2.0 | publish-dataset, !license_text_included | denied | - | CDLA-Permissive-2.0 s.2.1
    CDLA-Permissive-2.0 | publish-dataset, license_text_included, !attribution_given | allowed | - | CDLA-Permissive-2.0 s.2.1: the licence text is the only duty
    CDLA-Permissive-1.0 | publish-dataset, commercial | allowed | attribution notice | CDLA-Permissive-1.0 s.3.1(a),(c)
    CDLA-Permissive-1.0 | publish-dataset, !attribution_given | denied | - | CDLA-Permissive-1.0 s.3.1(c): preserve all credit or attribution
    CDLA-Permissive-1.0 | publish-dataset, adapted, outbound=MIT | allowed | state-changes attribution | CDLA-Permissive-1.0 s.3.1(a) a licence of Your choice, (b) notices of change, (c) credit
    CDLA-Permissive-1.0 | train, share=weights, commercial | allowed | - | CDLA-Permissive-1.0 s.3.4: no obligations on Results
    CDLA-Permissive-1.0 | publish-dataset, !license_text_included | ?denied | - | CDLA-Permissive-1.0 s.3.1(a): the text, or a link that gives it; alt needs-review
    CDLA-Sharing-1.0 | train, commercial | allowed | - | CDLA-Sharing-1.0 s.2.1
    CDLA-Sharing-1.0 | train, share=weights, commercial | allowed | - | CDLA-Sharing-1.0 s.3.5, s.1.11: no obligation on Results; the SA rule for weights does not apply
    CDLA-Sharing-1.0 | publish-outputs, commercial | allowed | - | CDLA-Sharing-1.0 s.3.5 Results
    CDLA-Sharing-1.0 | publish-dataset, adapted, outbound=CDLA-Sharing-1.0 | allowed | share-alike attribution | CDLA-Sharing-1.0 s.3.1(a),(c)
    CDLA-Sharing-1.0 | publish-dataset, outbound=CC-BY-4.0 | denied | - | CDLA-Sharing-1.0 s.3.1(a), s.3.3: an unmodified form of this Agreement
    CDLA-Sharing-1.0 | publish-dataset, adapted | allowed | share-alike state-changes | CDLA-Sharing-1.0 s.3.1(a),(b): prominent notices of change
    CDLA-Sharing-1.0 | publish-dataset, adapted, outbound=CDLA-Permissive-2.0 | denied | - | CDLA-Sharing-1.0 s.3.1(a): must be Published under this Agreement
    C-UDA-1.0 | train, share=weights, commercial | allowed | - | C-UDA-1.0 s.2.2, s.5.5: models trained on Data are Results, unrestricted
    C-UDA-1.0 | train, computational, commercial | allowed | - | C-UDA-1.0 s.1.1, s.5.1: analysis by a computer
    C-UDA-1.0 | internal-use, !computational | denied | - | C-UDA-1.0 s.2.1: solely for Computational Use
    c-uda | display | denied | - | C-UDA-1.0 s.2.1: showing the data is no Computational Use
    C-UDA-1.0 | publish-dataset | allowed | attribution pass-through-terms | C-UDA-1.0 s.3.1.1, s.3.1.2
    C-UDA-1.0 | publish-dataset, !attribution_given | denied | - | C-UDA-1.0 s.3.1.1
    C-UDA-1.0 | publish-dataset, !use_restrictions_passed_on | denied | - | C-UDA-1.0 s.3.1.2: bind each recipient
    C-UDA-1.0 | publish-outputs, commercial | allowed | - | C-UDA-1.0 s.2.2
    O-UDA-1.0 | display, !computational | allowed | - | O-UDA-1.0 s.2.1.1: no restriction on use
    O-UDA-1.0 | publish-dataset, commercial | allowed | attribution | O-UDA-1.0 s.3.1.1: credit information travels with the data
    O-UDA-1.0 | train, share=weights, commercial | allowed | - | O-UDA-1.0 s.2.1.2, s.5.4: models are Results
    O-UDA-1.0 | publish-dataset, adapted, outbound=CC-BY-4.0 | allowed | attribution | O-UDA-1.0 s.3.1: terms of your choice
    O-UDA-1.0 | publish-dataset, !attribution_given | denied | - | O-UDA-1.0 s.3.1.1
    OGL-UK-3.0 | train, share=weights, commercial | ?allowed | attribution | OGL-UK-3.0 'where you do any of the above', exploiting included; alt no duty on weights
    OGL-UK-3.0 | publish-dataset, adapted, outbound=ODC-By-1.0 | allowed | attribution | OGL-UK-3.0 About: compatible with CC-BY 4.0 and ODC-By
    etalab-2.0 | publish-dataset, adapted, outbound=CC-BY-4.0 | allowed | attribution | Etalab-2.0 Compatibilite: OGL, CC-BY, ODC-BY
    etalab-2.0 | publish-dataset, !attribution_given | denied | - | Etalab-2.0 'sous reserve de mentionner la paternite'
    OGL-UK-3.0 | publish-dataset, commercial | allowed | attribution | OGL-UK-3.0 'You must': acknowledge the source
    OGL-UK-3.0 | publish-dataset, adapted, outbound=CC-BY-4.0 | allowed | attribution | OGL-UK-3.0 About: compatible with CC-BY 4.0 and ODC-By
    OGL-UK-3.0 | publish-dataset, !attribution_given | denied | - | OGL-UK-3.0 'You must ... acknowledge the source'; rights end automatically otherwise
    etalab-2.0 | publish-dataset, commercial | allowed | attribution | Etalab-2.0: mention the source and date of last update
    etalab-2.0 | train, commercial, share=none | allowed | - | Etalab-2.0: commercial reuse granted
    # Code licences and GFDL
    MIT | train, commercial, share=none | allowed | - | MIT: use without restriction; notice rides on copies only
    MIT | publish-dataset, commercial | allowed | notice | MIT: notice in all copies or substantial portions
    MIT | publish-dataset, !notice_given | denied | - | MIT: 'shall be included'
    MIT | publish-dataset, !license_text_included | denied | - | MIT: the permission notice is the licence text
    MIT | train, share=weights, commercial | allowed | - | MIT: permissive; nothing in the SA/ND rule
    Apache-2.0 | publish-dataset, adapted | allowed | notice state-changes | Apache-2.0 s.4(a)-(d)
    Apache-2.0 | publish-dataset, !license_text_included | denied | - | Apache-2.0 s.4(a)
    BSD-3-Clause | publish-dataset | allowed | notice | BSD-3-Clause cl.1-2
    ISC | publish-dataset, !notice_given | denied | - | ISC: notice in all copies
    0BSD | publish-dataset, !notice_given, !license_text_included | allowed | - | 0BSD: no notice condition
    Unlicense | train, share=weights, commercial | allowed | - | Unlicense: dedication
    GPL-3.0-only | train, commercial, share=none | allowed | - | GPL-3.0 s.2: run and make copies not conveyed, without conditions
    GPL-3.0-only | train, share=weights | needs-review | - | note: share-alike with published weights
    GPL-2.0-only | publish-dataset | allowed | notice | GPL-2.0 s.1: verbatim copies with notices and licence
    GPL-3.0-or-later | publish-dataset, adapted | allowed | share-alike notice state-changes | GPL-3.0 s.5(a)-(c)
    GPL-3.0-only | publish-dataset, adapted, outbound=MIT | denied | - | GPL-3.0 s.5(c)
    GPL-2.0-only | publish-dataset, adapted, outbound=GPL-3.0-only | denied | - | GPL-2.0 s.2(b); FSF GPL FAQ matrix: v2-only is not compatible with v3
    GPL-2.0-or-later | publish-dataset, adapted, outbound=GPL-3.0-only | allowed | share-alike | GPL-2.0 s.9: any later version
    GPL-3.0-only | publish-dataset, collection, collection_license=MIT | allowed | notice | GPL-3.0 s.5, last paragraph: aggregate
    GPL-3.0-only | publish-dataset, !license_text_included | denied | - | GPL-3.0 s.4: give all recipients a copy of this License
    AGPL-3.0-only | train, commercial, share=none | allowed | - | AGPL-3.0 s.2; s.13 needs a modified Program that users reach over a network
    AGPL-3.0-or-later | train, share=weights | needs-review | - | note: share-alike (network scope) with published weights
    AGPL-3.0-only | publish-dataset, adapted | allowed | share-alike | AGPL-3.0 s.5(c), s.13; alt without network-disclose, as nothing runs over a network; decided: nothing runs over a network
    GPL-3.0-only | publish-dataset, adapted, outbound=GPL-3.0-only | ?allowed | share-alike source-code | GPL-3.0 s.5, s.6; alt without source-code, as the data are the source
    MPL-2.0 | publish-dataset, adapted, outbound=MIT | ?denied | - | MPL-2.0 s.3.1: modified files stay MPL; alt needs-review (larger work, s.3.3)
    EUPL-1.2 | train, share=weights | needs-review | - | note: EUPL-1.2 Art. 5 copyleft clause = share-alike with published weights
    GFDL-1.3-only | train, share=none | allowed | - | GFDL-1.3 s.2: copying without distribution
    GFDL-1.3-or-later | publish-dataset, adapted, outbound=CC-BY-SA-4.0 | denied | - | GFDL-1.3 s.4; the s.11 relicensing window closed on 2009-08-01 and named BY-SA 3.0
    gfdl | train, share=weights | needs-review | - | GFDL s.4 copyleft (Hub tag, version open): share-alike with published weights
    # Responsible AI licences
    creativeml-openrail-m | internal-use, commercial | allowed | - | CreativeML OpenRAIL-M s.2: royalty-free grant; s.5 restricts fields of use only
    creativeml-openrail-m | train, share=weights, commercial | allowed | pass-through-terms notice | CreativeML OpenRAIL-M s.4(a),(b),(d)
    creativeml-openrail-m | train, share=weights, !use_restrictions_passed_on | denied | - | CreativeML OpenRAIL-M s.4(a): use restrictions MUST be included as an enforceable provision
    creativeml-openrail-m | train, share=weights, use_restrictions_passed_on, !license_text_included | denied | - | CreativeML OpenRAIL-M s.4(b): copy of the licence
    bigscience-openrail-m | train, share=weights, use_restrictions_passed_on | allowed | - | BigScience OpenRAIL-M s.4(a) fulfilled
    bigscience-bloom-rail-1.0 | train, share=weights | allowed | pass-through-terms | BLOOM RAIL 1.0 s.4(a)
    bigscience-bloom-rail-1.0 | train, share=weights, !use_restrictions_passed_on | denied | - | BLOOM RAIL 1.0 s.4(a)
    bigcode-openrail-m | train, share=weights | allowed | pass-through-terms | BigCode OpenRAIL-M s.4
    creativeml-openrail-m | publish-outputs, commercial | allowed | - | CreativeML OpenRAIL-M s.6: Licensor claims no rights in the Output
    openrail++ | train, share=weights, uses=model-outputs, distillation | allowed | pass-through-terms | CreativeML Open RAIL++-M s.1(e): a model distilled from outputs is a Derivative of the Model
    bigscience-openrail-m | train, share=weights, uses=model-outputs, distillation, !use_restrictions_passed_on | denied | - | BigScience OpenRAIL-M s.1(e), s.4(a)
    openrail | train, share=none | needs-review | - | note: family tag -> ambiguous; internal use -> review
    openrail | train, share=weights | needs-review not ?denied | - | note: unknown/ambiguous + publishing -> blocked; alt needs-review; decided: every candidate permits it on conditions, so a person finds out which
    # Llama
    llama2 | train, target_model_family=mistral, uses=model-outputs | denied | - | Llama 2 s.1.b.v: no use of output to improve any other large language model
    llama2 | train, target_model_family=llama2, uses=model-outputs | allowed | - | Llama 2 s.1.b.v: 'excluding Llama 2 or derivative works thereof'
    llama3 | train, target_model_family=qwen, share=none, uses=model-outputs | denied | - | Llama 3 s.1.b.v; not a matter of sharing
    llama3 | train, share=weights, target_model_family=llama3, model_name=Llama-3-Physics-8B, uses=model-outputs | allowed | - | Llama 3 s.1.b.v excepts Llama 3; s.1.b.i name kept
    llama3 | train, target_model_family=llama2, uses=model-outputs | ?denied | - | Llama 3 s.1.b.v excepts Meta Llama 3 only; alt allowed where the family is read as 'llama'
    llama2 | train, commercial, uses=model-outputs | denied not ?needs-review | - | Llama 2 s.1.b.v: target not stated; alt denied; decided: the clause forbids it but for the family, and none is named
    llama3.1 | train, share=weights, target_model_family=mistral, uses=model-outputs | allowed | model-name-prefix | Llama 3.1 s.1.b.i: outputs may train, name must begin with 'Llama'
    llama3.1 | train, share=weights, target_model_family=mistral, model_name=Llama-Mistral-7B, uses=model-outputs | allowed | - | Llama 3.1 s.1.b.i fulfilled
    llama3.1 | train, share=weights, target_model_family=mistral, model_name=Mistral-7B-distilled, uses=model-outputs | denied | - | Llama 3.1 s.1.b.i: 'Llama' at the beginning of the name
    llama3.1 | train, share=weights, target_model_family=qwen, model_name=Qwen-Llama-7B, uses=model-outputs | denied | - | Llama 3.1 s.1.b.i: 'at the beginning', not somewhere
    llama3.1 | train, target_model_family=mistral, share=none, model_name=inhouse-7b, uses=model-outputs | allowed | - | Llama 3.1 s.1.b.i: the name rule is for a model 'distributed or made available'
    llama3.3 | train, share=weights, target_model_family=qwen, uses=model-outputs | allowed | model-name-prefix | Llama 3.3 s.1.b.i
    llama4 | train, share=weights, model_name=MyModel, uses=model-outputs | denied | - | Llama 4 s.1.b.i
    llama3.2 | train, share=weights, model_name=Llama-3.2-Tuned | allowed | badge notice | Llama 3.2 s.1.b.i(A),(B), 1.b.iii: copy, 'Built with Llama', Notice file
    llama3.1 | train, share=weights | allowed | badge model-name-prefix notice | Llama 3.1 s.1.b.i, 1.b.iii: fine-tuned weights are a derivative work
    llama3 | train, share=weights, model_name=Llama-Tuned-8B | ?denied | - | Llama 3 s.1.b.i asks for 'Llama 3' at the beginning; alt allowed with a bare 'Llama'
    llama2 | train, share=weights, model_name=MyTune-7B | allowed | notice | Llama 2 s.1.b.i,iii: copy of the agreement and Notice file; no naming rule yet
    llama3.1 | train, share=weights, model_name=Llama-X, !license_text_included | denied | - | Llama 3.1 s.1.b.i(A): provide a copy of this Agreement
    llama3.1 | internal-use, commercial, monthly_active_users=800000000 | denied | - | Llama 3.1 s.2: not authorized unless Meta grants a licence
    llama2 | train, commercial, monthly_active_users=700000001 | denied | - | Llama 2 s.2: greater than 700 million
    llama3 | internal-use, commercial, monthly_active_users=700000000 | allowed | - | Llama 3 s.2: 'greater than 700 million'; exactly 700 million is not
    llama4 | internal-use, commercial, jurisdiction=US, monthly_active_users=1000000 | allowed | - | Llama 4 s.1.a, s.2
    llama4 | internal-use, commercial, jurisdiction=EU | denied | - | Llama 4 Acceptable Use Policy, last paragraph: no rights in multimodal models in the EU; all released ones are multimodal
    llama4 | internal-use, jurisdiction=DE | denied | - | as for EU: Germany is in it
    llama3.2 | internal-use, jurisdiction=EU | needs-review | - | Llama 3.2 Acceptable Use Policy, last paragraph: multimodal (11B, 90B) only; 1B and 3B are free
    llama3.1 | internal-use, commercial, jurisdiction=EU | allowed | - | Llama 3.1: no territorial clause
    llama4 | internal-use, jurisdiction=GB | allowed | - | Llama 4 AUP: European Union only
    llama3.1 | publish-outputs, commercial | allowed | - | Llama 3.1 s.1.b: duties on Materials, not on outputs as such
    # Gemma and other model terms
    gemma | internal-use, commercial | allowed | - | Gemma Terms s.2.1, s.3.2
    gemma | train, share=weights | allowed | pass-through-terms notice state-changes | Gemma Terms s.3.1(1)-(4)
    gemma | train, share=weights, !use_restrictions_passed_on | denied | - | Gemma Terms s.3.1(1): s.3.2 as an enforceable provision
    gemma | train, share=weights, distillation, target_model_family=qwen, uses=model-outputs | allowed | pass-through-terms | Gemma Terms s.1.1(e): a distilled model is a Model Derivative
    gemma | train, share=weights, distillation, !use_restrictions_passed_on, uses=model-outputs | denied | - | Gemma Terms s.1.1(e), s.3.1(1)
    gemma | train, distillation, share=none, uses=model-outputs | allowed | - | Gemma Terms s.3.1 speaks of Distribution only
    gemma | train, share=weights, !distillation, uses=model-outputs | allowed | - | Gemma Terms s.1.1(e): Outputs are not deemed Model Derivatives; s.3.3
    gemma | publish-outputs, commercial | allowed | - | Gemma Terms s.3.3: Google claims no rights in Outputs
    Mistral AI Research License | train, commercial | denied | - | MRL s.1, s.3: Research Purposes only
    Mistral AI Research License | internal-use, !commercial | ?allowed | - | MRL s.3.1; alt needs-review if the name is not known
    Stability AI Community License | internal-use, !commercial | ?allowed | - | Stability Community s.II: research and non-commercial; alt needs-review
    Stability AI Community License | internal-use, commercial | ?needs-review | - | Stability Community s.II.b: commercial use is free under USD 1M revenue, which the call does not state; alt allowed
    Falcon 180B TII License | internal-use, commercial | allowed not ?needs-review | - | Falcon 180B TII s.9: hosting needs a separate licence; alt allowed; decided: no hosting is meant
    fair-noncommercial-research-license | train, commercial | denied | - | FAIR Noncommercial Research License s.1: Noncommercial Research Uses only
    apple-amlr | train, commercial | denied | - | Apple AMLR: 'for Research Purposes'; commercial exploitation and product development excluded
    intel-research | internal-use, commercial | denied | - | Intel Research Use License: research use only
    deepfloyd-if-license | train, share=weights, commercial | denied | - | DeepFloyd IF License: non-commercial research only
    openmdw-1.0 | train, share=weights, commercial | allowed | - | OpenMDW-1.0: permissive for model materials; outputs free
    # Research only, non-commercial, proprietary, unknown, families
    research only | train, commercial | denied | - | the words: academic-only / no commercial use (note: prohibition academic-only)
    research only | train, !commercial, share=none | allowed not ?needs-review | - | custom words: research is allowed but the terms are not known; alt allowed; decided: the words allow it
    research only | publish-dataset, commercial | denied | - | no right to publish commercially follows from the words
    non-commercial | train, commercial | denied | - | the words forbid commercial use
    For non-commercial research and educational purposes only | train, commercial | denied | - | ImageNet Terms of Access cl.1, as usually copied into dataset cards
    ImageNet Terms of Access | train, commercial | ?denied | - | ImageNet Terms of Access cl.1: non-commercial research and education only; alt needs-review
    ImageNet Terms of Access | publish-dataset, !commercial | ?denied | - | ImageNet Terms of Access cl.4: associates who agree first, no public release; alt needs-review
    All rights reserved | train, commercial | ?denied | - | exclusive rights, conservative default: permission needed; alt needs-review
    All rights reserved | publish-dataset | denied | - | exclusive rights of reproduction and distribution (Berne Art. 9, 12)
    proprietary | publish-dataset, commercial | denied | - | exclusive rights; no grant known
    unknown | train, !commercial, share=none | needs-review | - | note: unknown: internal use -> review
    unknown | train, commercial, share=none | needs-review | - | note: unknown: internal use -> review
    unknown | internal-use | needs-review | - | note: unknown: internal use -> review
    unknown | tdm | needs-review | - | note: unknown: internal use -> review
    unknown | publish-dataset | denied | - | note: unknown: publishing -> blocked
    unknown | train, share=weights | ?denied | - | note: unknown: publishing -> blocked; alt needs-review (weights are not the data)
    other | publish-dataset, !commercial, attribution_given | denied | - | note: `other` counts as unknown: publishing -> blocked
    other | train, share=none | needs-review | - | note: `other` counts as unknown
    NOASSERTION | publish-dataset | denied | - | note: NOASSERTION is unknown; publishing -> blocked
    NOASSERTION | internal-use, commercial | needs-review | - | note: NOASSERTION is unknown
    - | train, share=none | needs-review | - | note: absent is unknown; GitHub docs: no licence = default copyright
    - | publish-dataset | denied | - | note: absent + publishing -> blocked
    - | internal-use | needs-review | - | note: no licence stated at all = absent
    - | publish-dataset | denied | - | note: absent + publishing -> blocked
    cc | train, !commercial, share=none | needs-review | - | note: family tag `cc` -> ambiguous (may be ND, NC)
    cc | publish-dataset, attribution_given | needs-review not ?denied | - | note: not resolved + publishing -> blocked; alt needs-review; decided: some candidates permit it
    bsd | train, commercial, share=none | ?needs-review | - | note: family tag `bsd` -> ambiguous; alt allowed, as each BSD licence grants it
    gpl | train, share=weights | ?needs-review | - | note: family tag, and every member is share-alike; alt denied
    Public Domain | train, share=none | ?needs-review | - | note: 'Public Domain' never becomes CC0; alt allowed
    LicenseRef-Acme-Data-1.0 | train, share=none | needs-review | - | a reference without known terms is unknown
    LicenseRef-Acme-Data-1.0 | publish-dataset | denied | - | a reference without known terms + publishing -> blocked
    # Expressions and several licences
    CC-BY-NC-4.0 OR MIT | train, commercial | allowed | - | SPDX Annex D: OR is the licensee's choice; MIT grants it
    CC-BY-4.0 AND CC-BY-NC-4.0 | train, commercial | denied | - | SPDX Annex D: AND = both apply; NC denies
    MIT + CC-BY-NC-4.0 | train, commercial | denied | - | several sources: each must allow; NC denies
    MIT + Apache-2.0 | publish-dataset | allowed | notice | several sources: union of duties
    CC-BY-4.0 + unknown | train, share=none | needs-review | - | several sources: the unknown one decides
    CC0-1.0 + unknown | publish-dataset | denied | - | several sources: the unknown one blocks publishing
    MIT OR LicenseRef-Acme | publish-dataset | allowed | notice | OR: the known branch suffices
    MIT AND LicenseRef-Acme | train, share=none | needs-review | - | AND: the unknown part decides
    MIT OR GPL-3.0-only | train, share=weights | allowed | - | OR: MIT avoids the share-alike review
    CC-BY-SA-4.0 AND MIT | train, share=weights | needs-review | - | AND: SA with published weights
    (MIT OR CC-BY-NC-4.0) AND CC-BY-SA-4.0 | train, commercial, share=none | allowed | - | alternatives: MIT AND CC-BY-SA-4.0
    CC-BY-SA-4.0 OR CC-BY-ND-4.0 | publish-dataset, adapted | allowed | attribution share-alike | OR: the SA branch lets adaptations be shared
    CC-BY-NC-4.0 OR CC-BY-NC-SA-4.0 | train, commercial | denied | - | no alternative grants commercial use
    CC-BY-SA-4.0 + GPL-3.0-only | publish-dataset, adapted, outbound=GPL-3.0-only | allowed | share-alike | CC ShareAlike compatibility, one way to GPLv3
    CC-BY-SA-3.0 + CC-BY-SA-4.0 | publish-dataset, adapted, outbound=CC-BY-SA-4.0 | allowed | attribution share-alike | CC-BY-SA-3.0 s.4(b)(ii)
    CC-BY-SA-4.0 + CC-BY-NC-SA-4.0 | publish-dataset, !commercial, adapted | denied | - | CC adapters' chart: no licence satisfies both ShareAlike clauses
    CC-BY-SA-4.0 + ODbL-1.0 | publish-dataset, adapted, outbound=CC-BY-SA-4.0 | denied | - | ODbL-1.0 s.4.4(a)
    CC-BY-SA-4.0 + CC-BY-NC-SA-4.0 | publish-dataset, !commercial, collection | allowed | attribution | CC FAQ collections: items keep their licences; nothing is adapted
    CC-BY-4.0 + CC-BY-ND-4.0 | publish-dataset, adapted | denied | - | the ND part may not be shared adapted
    llama3.1 + CC-BY-NC-4.0 | train, commercial | denied | - | NC of the data; the model terms do not matter
    GPL-2.0-only OR CC0-1.0 | publish-dataset, adapted, outbound=MIT | allowed | - | OR: CC0 branch
    """.splitlines()  # noqa: E501 - one case a line
    if line.strip() and not line.strip().startswith("#")
]
