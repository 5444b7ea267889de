"""Licences of data sets and models that people meet outside the SPDX list, each under a stable LicenseRef id.

Written by hand from the steward's own pages. `names` are other spellings that mean this licence and no other; an id is
never given a second meaning and never taken away.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class CustomLicense:
    """`url` is the canonical page of the terms, empty where the words are a claim without a text behind them, or where
    no page was found. `same_as` is the SPDX id of the same text; the id is kept, since records may hold it.
    """

    id: str
    name: str
    url: str
    names: tuple[str, ...] = ()
    same_as: str = ""


_LLAMA = "https://www.llama.com/"
_HUB = "https://huggingface.co/"
_OGL = "https://www.nationalarchives.gov.uk/doc/"


def _llama(version: str, url: str) -> CustomLicense:
    return CustomLicense(
        f"LicenseRef-Llama-{version}",
        f"Llama {version} Community License Agreement",
        url,
        (
            f"llama{version}",
            f"Llama {version}",
            f"Llama {version} Community License",
            f"Meta Llama {version} Community License",
            f"Meta Llama {version} Community License Agreement",
            f"Meta Llama {version}",
        ),
    )


LLAMA = (
    _llama("2", "https://ai.meta.com/llama/license/"),
    _llama("3", _LLAMA + "llama3/license/"),
    _llama("3.1", _LLAMA + "llama3_1/license/"),
    _llama("3.2", _LLAMA + "llama3_2/license/"),
    _llama("3.3", _LLAMA + "llama3_3/license/"),
    _llama("4", _LLAMA + "llama4/license/"),
)

RAIL = (
    CustomLicense(
        "LicenseRef-BigScience-BLOOM-RAIL-1.0",
        "BigScience BLOOM RAIL 1.0",
        _HUB + "spaces/bigscience/license",
        ("BigScience RAIL License v1.0", "BigScience RAIL 1.0", "BLOOM RAIL 1.0", "BigScience RAIL"),
    ),
    CustomLicense(
        "LicenseRef-BigScience-OpenRAIL-M",
        "BigScience OpenRAIL-M",
        "https://bigscience.huggingface.co/blog/bigscience-openrail-m",
        ("BigScience Open RAIL-M", "BigScience Open RAIL-M License"),
    ),
    CustomLicense(
        "LicenseRef-CreativeML-OpenRAIL-M",
        "CreativeML OpenRAIL-M",
        _HUB + "spaces/CompVis/stable-diffusion-license",
        ("CreativeML Open RAIL-M", "CreativeML Open RAIL M", "Stable Diffusion v1 license"),
    ),
    CustomLicense(
        "LicenseRef-CreativeML-OpenRAIL-PlusPlus-M",
        "CreativeML Open RAIL++-M",
        _HUB + "stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md",
        ("openrail++", "OpenRAIL++-M", "Open RAIL++-M", "CreativeML OpenRAIL++-M", "Open Rail++-M License"),
    ),
    CustomLicense(
        "LicenseRef-BigCode-OpenRAIL-M-1.0",
        "BigCode OpenRAIL-M v1",
        "https://www.bigcode-project.org/docs/pages/bigcode-openrail",
        ("BigCode OpenRAIL-M", "BigCode Open RAIL-M v1", "BigCode Open RAIL-M", "BigCode Model License Agreement"),
    ),
)

MODELS = (
    CustomLicense(
        "LicenseRef-Gemma",
        "Gemma Terms of Use",
        "https://ai.google.dev/gemma/terms",
        ("gemma", "Gemma license", "Google Gemma Terms of Use"),
    ),
    CustomLicense(
        "LicenseRef-DeepSeek-Model-1.0",
        "DeepSeek License Agreement, Version 1.0",
        "https://github.com/deepseek-ai/DeepSeek-V3/blob/main/LICENSE-MODEL",
        ("DeepSeek License", "DeepSeek Model License", "DeepSeek License Agreement"),
    ),
    CustomLicense(
        "LicenseRef-Qwen",
        "Qwen License Agreement",
        _HUB + "Qwen/Qwen2.5-72B-Instruct/blob/main/LICENSE",
        ("qwen", "Qwen License"),
    ),
    CustomLicense(
        "LicenseRef-Qwen-Research",
        "Qwen Research License Agreement",
        _HUB + "Qwen/Qwen2.5-3B-Instruct/blob/main/LICENSE",
        ("qwen-research", "Qwen Research License"),
    ),
    CustomLicense(
        "LicenseRef-Tongyi-Qianwen",
        "Tongyi Qianwen License Agreement",
        "https://github.com/QwenLM/Qwen/blob/main/Tongyi%20Qianwen%20LICENSE%20AGREEMENT",
        ("tongyi-qianwen", "Tongyi Qianwen License"),
    ),
    CustomLicense(
        "LicenseRef-Tongyi-Qianwen-Research",
        "Tongyi Qianwen Research License Agreement",
        "https://github.com/QwenLM/Qwen/blob/main/Tongyi%20Qianwen%20RESEARCH%20LICENSE%20AGREEMENT",
        ("tongyi-qianwen-research", "Tongyi Qianwen Research License"),
    ),
    CustomLicense(
        "LicenseRef-Falcon-180B-TII-1.0",
        "Falcon 180B TII License Version 1.0",
        _HUB + "tiiuae/falcon-180B/blob/main/LICENSE.txt",
        ("Falcon 180B TII License", "falcon-180b-license"),
    ),
    CustomLicense(
        "LicenseRef-Falcon-2-11B-TII-1.0",
        "Falcon 2 11B TII License Version 1.0",
        "https://falconllm-staging.tii.ae/falcon-2-terms-and-conditions.html",
        ("Falcon 2 11B TII License", "Falcon 2 11B TII License 1.0"),
    ),
    CustomLicense(
        "LicenseRef-Falcon-LLM-2.0",
        "TII Falcon License 2.0",
        "https://falconllm.tii.ae/falcon-terms-and-conditions.html",
        ("Falcon LLM License 2.0", "falcon-llm-license-2.0"),
    ),
    CustomLicense(
        "LicenseRef-Falcon-LLM",
        "TII Falcon LLM License",
        "https://falconllm.tii.ae/falcon-terms-and-conditions.html",
        ("falcon-llm-license", "Falcon LLM License", "TII Falcon License"),
    ),
    CustomLicense(
        "LicenseRef-Mistral-Research",
        "Mistral AI Research License",
        "https://mistral.ai/static/licenses/MRL-0.1.md",
        ("MRL-0.1", "Mistral Research License", "Mistral AI Research License 0.1"),
    ),
    CustomLicense(
        "LicenseRef-Mistral-Non-Production",
        "Mistral AI Non-Production License",
        "https://mistral.ai/static/licenses/MNPL-0.1.md",
        ("mnpl", "MNPL-0.1", "Mistral Non-Production License", "Mistral AI Non-Production License 0.1"),
    ),
    CustomLicense(
        "LicenseRef-Stability-Community",
        "Stability AI Community License Agreement",
        "https://stability.ai/community-license-agreement",
        ("stabilityai-ai-community", "Stability AI Community License", "Stability Community License"),
    ),
    CustomLicense(
        "LicenseRef-Stability-NC-Research",
        "Stability AI Non-Commercial Research Community License Agreement",
        _HUB + "stabilityai/sdxl-turbo/blob/main/LICENSE.md",
        ("Stability AI Non-Commercial Research Community License", "sai-nc-community"),
    ),
    CustomLicense(
        "LicenseRef-FLUX-1-dev-NC",
        "FLUX.1 [dev] Non-Commercial License",
        _HUB + "black-forest-labs/FLUX.1-dev/blob/main/LICENSE.md",
        ("flux-1-dev-non-commercial-license", "FLUX.1 dev Non-Commercial License"),
    ),
    CustomLicense(
        "LicenseRef-Grok-2-Community",
        "Grok 2 Community License Agreement",
        _HUB + "xai-org/grok-2/blob/main/LICENSE",
        ("grok2-community", "Grok 2 Community License"),
    ),
    CustomLicense(
        "LicenseRef-DeepFloyd-IF-Research",
        "DeepFloyd IF Research License Agreement",
        _HUB + "spaces/DeepFloyd/deepfloyd-if-license",
        ("deepfloyd-if-license", "DeepFloyd IF License"),
    ),
    CustomLicense(
        "LicenseRef-FAIR-NC-Research",
        "FAIR Noncommercial Research License",
        _HUB + "facebook/fair-noncommercial-research-license/blob/main/LICENSE",
        ("fair-noncommercial-research-license",),
    ),
    CustomLicense(
        "LicenseRef-H-Research",
        "H Research License",
        _HUB + "Hcompany/Holo1-3B/blob/main/LICENSE",
        ("h-research",),
    ),
    CustomLicense(
        "LicenseRef-Intel-Research",
        "Intel Research Use License Agreement",
        _HUB + "OpenVINO/Llama-3.1-8B-Instruct-FastDraft-150M-int8-ov/blob/main/LICENSE.md",
        ("intel-research", "Intel Research Use License"),
    ),
    CustomLicense(
        "LicenseRef-Apple-AMLR",
        "Apple Model License for Research",
        _HUB + "apple/deeplabv3-mobilevit-small/blob/main/LICENSE",
        ("apple-amlr", "Apple Machine Learning Research Model License Agreement"),
    ),
    CustomLicense(
        "LicenseRef-Apple-ASCL",
        "Apple Sample Code License",
        "https://developer.apple.com/support/downloads/terms/apple-sample-code/Apple-Sample-Code-License.pdf",
        ("apple-ascl",),
    ),
    CustomLicense(
        "LicenseRef-OpenMDW-1.1",
        "OpenMDW License Agreement v1.1",
        "https://openmdw.ai/license/1-1/",
        ("openmdw-1.1", "Open Model, Data & Weights License Agreement v1.1"),
    ),
    CustomLicense(
        "LicenseRef-AI2-ImpACT-LR",
        "AI2 ImpACT License, Low Risk Artifacts",
        "https://allenai.org/licenses/impact-lr",
        ("AI2 ImpACT License - Low Risk Artifacts", "AI2 ImpACT-LR", "impact-lr"),
    ),
    CustomLicense(
        "LicenseRef-AI2-ImpACT-MR",
        "AI2 ImpACT License, Medium Risk Artifacts",
        "https://allenai.org/licenses/impact-mr",
        ("AI2 ImpACT License - Medium Risk Artifacts", "AI2 ImpACT-MR", "impact-mr"),
    ),
    CustomLicense(
        "LicenseRef-OpenAI-Terms",
        "OpenAI Terms of Use",
        "https://openai.com/policies/terms-of-use",
        ("OpenAI Terms of Service", "OpenAI ToS"),
    ),
)

DATA = (
    CustomLicense(
        "LicenseRef-OGL-Canada-1.0",
        "Open Government Licence - Canada 1.0",
        "",
        ("OGL Canada 1.0",),
    ),
    CustomLicense(
        "LicenseRef-Non-Commercial-Government-Licence-1.0",
        "Non-Commercial Government Licence 1.0",
        _OGL + "non-commercial-government-licence/version/1/",
        ("Non-Commercial Government Licence v1.0",),
    ),
    CustomLicense(
        "LicenseRef-Non-Commercial-Government-Licence-2.0",
        "Non-Commercial Government Licence 2.0",
        "",
        ("Non-Commercial Government Licence v2.0",),
        same_as="NCGL-UK-2.0",
    ),
    CustomLicense(
        "LicenseRef-Etalab-1.0",
        "Etalab Open License 1.0",
        "https://www.etalab.gouv.fr/wp-content/uploads/2014/05/Open_Licence.pdf",
        ("Etalab 1.0", "Licence Ouverte 1.0", "Etalab Licence Ouverte 1.0", "Open Licence 1.0 Etalab"),
    ),
    CustomLicense(
        "LicenseRef-DL-DE-BY-1.0",
        "Data licence Germany - attribution - version 1.0",
        "https://www.govdata.de/dl-de/by-1-0",
        ("dl-de-by-1.0", "dl-de/by-1-0", "Datenlizenz Deutschland Namensnennung 1.0"),
    ),
    CustomLicense(
        "LicenseRef-DL-DE-BY-NC-1.0",
        "Data licence Germany - attribution - non-commercial - version 1.0",
        "https://www.govdata.de/dl-de/by-nc-1-0",
        ("dl-de-by-nc-1.0", "dl-de/by-nc-1-0"),
    ),
    CustomLicense(
        "LicenseRef-ODC-DbCL-1.0",
        "Open Data Commons Database Contents License v1.0",
        "https://opendatacommons.org/licenses/dbcl/1-0/",
        ("DbCL", "DbCL-1.0", "DbCL v1.0", "Database Contents License", "Database Contents License (DbCL) v1.0"),
    ),
    CustomLicense(
        "LicenseRef-Montreal-Data-License",
        "Montreal Data License",
        "https://www.montrealdatalicense.com/",
        ("MDL Montreal Data License",),
    ),
    CustomLicense(
        "LicenseRef-LDC-User-Agreement",
        "LDC User Agreement for Non-Members",
        "https://catalog.ldc.upenn.edu/license/ldc-non-members-agreement.pdf",
        ("LDC User Agreement", "LDC Non-Members Agreement"),
    ),
    CustomLicense(
        "LicenseRef-ImageNet-Terms",
        "ImageNet Terms of Access",
        "https://image-net.org/download.php",
        ("ImageNet terms of access", "ImageNet license"),
    ),
    CustomLicense(
        "LicenseRef-Common-Crawl-Terms",
        "Common Crawl Terms of Use",
        "https://commoncrawl.org/terms-of-use",
        ("Common Crawl ToU", "CommonCrawl Terms of Use"),
    ),
    CustomLicense(
        "LicenseRef-World-Bank-Terms",
        "World Bank Terms of Use for Datasets",
        "https://www.worldbank.org/en/about/legal/terms-of-use-for-datasets",
        ("World Bank Dataset Terms of Use",),
    ),
    CustomLicense(
        "LicenseRef-arXiv-Nonexclusive-1.0",
        "arXiv.org perpetual, non-exclusive license 1.0",
        "http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
        ("arXiv nonexclusive-distrib 1.0", "arXiv.org perpetual, non-exclusive license", "nonexclusive-distrib/1.0"),
    ),
    CustomLicense(
        "LicenseRef-arXiv-Assumed-1991-2003",
        "arXiv.org, assumed license of 1991-2003",
        "http://arxiv.org/licenses/assumed-1991-2003/",
    ),
    CustomLicense("LicenseRef-Repoze-Public-License", "Repoze Public License", "http://repoze.org/license.html"),
    CustomLicense(
        "LicenseRef-Kaggle-Competition-Rules",
        "Kaggle competition rules",
        "",
        ("Subject to Competition Rules", "Competition Rules"),
    ),
)

CODE = (
    CustomLicense(
        "LicenseRef-BUSL-1.0",
        "Business Source License 1.0",
        "",
        ("BUSL 1.0",),
    ),
)

# Words that people write in place of a licence. They say something, but no text stands behind them.
CLAIMS = (
    CustomLicense(
        "LicenseRef-Research-Only",
        "Research use only",
        "",
        (
            "research only",
            "research-only",
            "for research only",
            "for research use only",
            "for research purposes only",
            "research purposes only",
            "academic use only",
            "for academic use only",
            "academic research only",
            "for academic research purposes only",
            "academic research use only",
            "research and educational use only",
            "for research and educational purposes only",
            "academic and research use only",
            "for academic and research use only",
            "for academic and research purposes only",
            "free for research use",
            "free for academic use",
            "free for academic and research use",
        ),
    ),
    CustomLicense(
        "LicenseRef-Non-Commercial",
        "Non-commercial use only",
        "",
        (
            "non-commercial",
            "noncommercial",
            "non-commercial use",
            "non-commercial use only",
            "for non-commercial use only",
            "non-commercial purposes only",
            "for non-commercial purposes only",
            "no commercial use",
            "free for non-commercial use",
            "for non-commercial use",
            "not for commercial use",
        ),
    ),
    CustomLicense(
        "LicenseRef-Non-Commercial-Research",
        "Non-commercial research use only",
        "",
        (
            "non-commercial research only",
            "non-commercial research",
            "non-commercial research use only",
            "non-commercial research purposes only",
            "for non-commercial research purposes only",
            "for non-commercial research use only",
            "for non-commercial research only",
            "research only, non-commercial",
            "non-commercial research and educational purposes only",
            "for non-commercial research and educational purposes only",
            "non-commercial research and educational use only",
            "for non-commercial research and educational use only",
        ),
    ),
    CustomLicense(
        "LicenseRef-Proprietary",
        "Proprietary, terms not stated",
        "",
        (
            "proprietary license",
            "commercial license",
            "closed source",
            "Other/Proprietary License",
            "LicenseRef-Proprietary",
        ),
    ),
    CustomLicense("LicenseRef-Public-Domain", "Public domain, ground not stated", ""),
    CustomLicense("LicenseRef-In-File", "Terms of its own, in a file", ""),
)

CUSTOM = (*LLAMA, *RAIL, *MODELS, *DATA, *CODE, *CLAIMS)


@cache
def custom_licenses() -> dict[str, CustomLicense]:
    """By id in lower case: SPDX compares the part after LicenseRef- without regard to case."""
    return {row.id.lower(): row for row in CUSTOM}
