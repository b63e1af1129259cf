"""10,000 random people scored a second time by scalar code written from the published formulas alone.

The scalar code shares nothing with the package: plain floats, ``math`` and chains of ``if``.
"""

import math

import numpy as np
import pytest

from hepatrial.derive import scores

N = 10_000


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(20240423)
    return {
        "bili": np.round(np.exp(rng.uniform(np.log(4), np.log(900), N)), 1),  # umol/L
        "creat": np.round(np.exp(rng.uniform(np.log(25), np.log(700), N)), 0),  # umol/L
        "inr": np.round(rng.uniform(0.7, 6.0, N), 2),
        "na": np.round(rng.uniform(112, 155, N), 0),
        "alb": np.round(rng.uniform(12, 50, N), 1),
        "wbc": np.round(np.exp(rng.uniform(np.log(1), np.log(60), N)), 2),
        "neut": np.round(np.exp(rng.uniform(np.log(0.5), np.log(50), N)), 2),
        "plat": np.round(rng.uniform(5, 400, N), 0),
        "urea": np.round(np.exp(rng.uniform(np.log(1), np.log(40), N)), 2),
        "lac": np.round(rng.uniform(0.4, 9, N), 1),
        "age": rng.integers(18, 81, N).astype(float),
        "he": rng.integers(0, 5, N).astype(float),
        "asc": rng.integers(0, 4, N).astype(float),
        "map": np.round(rng.uniform(45, 110, N), 0),
        "pf": np.round(rng.uniform(60, 550, N), 0),
        "sf": np.round(rng.uniform(70, 560, N), 0),
        "female": rng.random(N) < 0.4,
        "dial": rng.random(N) < 0.15,
        "vaso": rng.random(N) < 0.15,
        "dopa": np.where(rng.random(N) < 0.2, np.round(rng.uniform(0.5, 20, N), 1), 0.0),
        "epi": np.where(rng.random(N) < 0.1, np.round(rng.uniform(0.01, 0.3, N), 2), 0.0),
        "nor": np.where(rng.random(N) < 0.2, np.round(rng.uniform(0.01, 0.4, N), 2), 0.0),
        "terli": rng.random(N) < 0.2,
        "vent": rng.choice(["none", "respiratory", "encephalopathy"], N, p=[0.8, 0.1, 0.1]).astype(object),
        "alt": np.round(np.exp(rng.uniform(np.log(8), np.log(5000), N)), 0),
        "ast": np.round(np.exp(rng.uniform(np.log(8), np.log(5000), N)), 0),
        "alp": np.round(np.exp(rng.uniform(np.log(30), np.log(900), N)), 0),
    }


def each(people, scalar):
    names = list(people)
    return [scalar(dict(zip(names, row, strict=True))) for row in zip(*people.values(), strict=True)]


def mg_bili(p):
    return round(p["bili"] / 17.1, 13)


def mg_creat(p):
    return round(p["creat"] / 88.4, 13)


def whole(x):
    return math.floor(x + 0.5)


def meld_i(p):
    b, c, i = max(mg_bili(p), 1), min(max(mg_creat(p), 1), 4), max(p["inr"], 1)
    if p["dial"]:
        c = 4
    return 9.57 * math.log(c) + 3.78 * math.log(b) + 11.2 * math.log(i) + 6.43


def meld_na(p):
    m = whole(meld_i(p))
    na = 125 if p["na"] < 125 else 137 if p["na"] > 137 else p["na"]
    if m > 11:
        m = m + 1.32 * (137 - na) - 0.033 * m * (137 - na)
    return min(whole(m), 40)


def meld_3(p):
    b, c, i = max(mg_bili(p), 1), min(max(mg_creat(p), 1), 3), max(p["inr"], 1)
    if p["dial"]:
        c = 3
    na = 125 if p["na"] < 125 else 137 if p["na"] > 137 else p["na"]
    a = min(max(p["alb"] / 10, 1.5), 3.5)
    total = 6 + (1.33 if p["female"] else 0)
    total += 4.56 * math.log(b) + 0.82 * (137 - na) - 0.24 * (137 - na) * math.log(b)
    total += 9.09 * math.log(i) + 11.14 * math.log(c)
    total += 1.85 * (3.5 - a) - 1.83 * (3.5 - a) * math.log(c)
    return total


def core(p):
    return {"bilirubin": p["bili"], "creatinine": p["creat"], "inr": p["inr"]}


@pytest.mark.reference
def test_meld_family(people):
    kwargs = core(people) | {"dialysis": people["dial"]}
    sex = np.where(people["female"], "F", "M")
    raw = scores.compute_meld(**kwargs)
    assert raw.unrounded == pytest.approx(each(people, meld_i), rel=1e-12)
    assert raw.value.tolist() == [min(whole(x), 40) for x in each(people, meld_i)]
    assert scores.compute_meld_na(**kwargs, sodium=people["na"]).value.tolist() == each(people, meld_na)
    third = scores.compute_meld_3(**kwargs, sodium=people["na"], albumin=people["alb"], sex=sex)
    assert third.unrounded == pytest.approx(each(people, meld_3), rel=1e-12)
    assert third.value.tolist() == [min(whole(x), 40) for x in each(people, meld_3)]


def child_pugh(variant):
    def scalar(p):
        if variant == "A":
            b, low, high = mg_bili(p), 2, 3
        else:
            b, low, high = p["bili"], 34, 51 if variant == "B" else 50
        total = 1 if b < low else 2 if b <= high else 3
        floor = 30 if variant == "B" else 28
        total += 1 if p["alb"] > 35 else 2 if p["alb"] >= floor else 3
        total += 1 if p["inr"] < 1.7 else 2 if p["inr"] <= 2.3 else 3
        total += 1 if p["asc"] == 0 else 2 if p["asc"] == 1 else 3
        total += 1 if p["he"] == 0 else 2 if p["he"] <= 2 else 3
        return total

    return scalar


@pytest.mark.reference
@pytest.mark.parametrize("variant", ["A", "B", "C"])
def test_child_pugh(people, variant):
    result = scores.compute_child_pugh(
        variant=variant,
        bilirubin=people["bili"],
        albumin=people["alb"],
        inr=people["inr"],
        ascites=people["asc"],
        he_grade=people["he"],
    )
    expected = each(people, child_pugh(variant))
    assert result.value.tolist() == expected
    assert result.category.tolist() == ["A" if x <= 6 else "B" if x <= 9 else "C" for x in expected]


def organ_points(p):
    b, c = mg_bili(p), mg_creat(p)
    liver = 1 if b < 6 else 2 if b < 12 else 3
    kidney = 3 if p["dial"] or c >= 3.5 else 2 if c >= 2 else 1
    brain = 3 if p["he"] >= 3 or p["vent"] == "encephalopathy" else 2 if p["he"] >= 1 else 1
    clot = 3 if p["inr"] >= 2.5 else 2 if p["inr"] >= 2 else 1
    flow = 3 if p["vaso"] else 2 if p["map"] < 70 else 1
    air = 3 if p["pf"] <= 200 or p["vent"] == "respiratory" else 2 if p["pf"] <= 300 else 1
    return liver, kidney, brain, clot, flow, air


def failures(p):
    liver, kidney, brain, clot, flow, air = organ_points(p)
    return [liver == 3, kidney >= 2, brain == 3, clot == 3, flow == 3, air == 3]


def easl(p):
    fails = failures(p)
    n = sum(fails)
    if n != 1:
        return min(n, 3)
    if fails[1]:
        return 1
    dysfunction = 1.5 <= mg_creat(p) < 2
    if fails[2]:
        return 1 if dysfunction else 0
    return 1 if dysfunction or p["he"] in (1, 2) else 0


def organs(p):
    return core(p) | {
        "he_grade": p["he"],
        "map_mmhg": p["map"],
        "pf": p["pf"],
        "renal_replacement": p["dial"],
        "vasopressor": p["vaso"],
        "ventilation": p["vent"],
    }


@pytest.mark.reference
def test_organ_scores(people):
    assert scores.compute_clif_c_of(**organs(people)).value.tolist() == each(people, lambda p: sum(organ_points(p)))
    assert scores.compute_organ_failures(**organs(people)).value.tolist() == each(people, lambda p: sum(failures(p)))
    assert scores.compute_easl_clif_grade(**organs(people)).value.tolist() == each(people, easl)


def clif_sofa(p):
    b, c = mg_bili(p), mg_creat(p)
    total = sum(b >= limit for limit in (1.2, 2, 6, 12))
    kidney = sum(c >= limit for limit in (1.2, 2, 3.5, 5))
    total += max(kidney, 3) if p["dial"] else kidney
    total += p["he"]
    total += 4 if p["plat"] <= 20 else sum(p["inr"] >= limit for limit in (1.1, 1.25, 1.5, 2.5))
    flow = 1 if p["map"] < 70 else 0
    if p["terli"] or 0 < p["dopa"] <= 5:
        flow = 2
    if p["dopa"] > 5 or p["epi"] > 0 or p["nor"] > 0:
        flow = 3
    if p["dopa"] > 15 or p["epi"] > 0.1 or p["nor"] > 0.1:
        flow = 4
    return total + flow + sum(p["sf"] <= limit for limit in (512, 357, 214, 89))


@pytest.mark.reference
def test_clif_sofa(people):
    result = scores.compute_clif_sofa(
        variant="renal-replacement-3",
        **core(people),
        platelets=people["plat"],
        he_grade=people["he"],
        map_mmhg=people["map"],
        sf=people["sf"],
        renal_replacement=people["dial"],
        dopamine=people["dopa"],
        epinephrine=people["epi"],
        norepinephrine=people["nor"],
        dobutamine_or_terlipressin=people["terli"],
    )
    assert result.value.tolist() == each(people, clif_sofa)


def aarc(p):
    b, c = mg_bili(p), mg_creat(p)
    total = 1 if b < 15 else 2 if b <= 25 else 3
    total += 1 if p["he"] == 0 else 2 if p["he"] <= 2 else 3
    total += 1 if p["inr"] < 1.8 else 2 if p["inr"] <= 2.5 else 3
    total += 1 if p["lac"] < 1.5 else 2 if p["lac"] <= 2.5 else 3
    return total + (1 if c < 0.7 else 2 if c <= 1.5 else 3)


def cossh_2(p):
    he = 1 if p["he"] == 0 else 2 if p["he"] <= 2 else 3
    logs = 1.649 * math.log(p["inr"]) + 0.425 * math.log(p["neut"]) + 0.396 * math.log(p["bili"])
    return logs + 0.576 * math.log(p["urea"]) + 0.457 * he + 0.033 * p["age"]


def clif_c_aclf(p):
    return min(100, max(0, 3.3 * sum(organ_points(p)) + 0.4 * p["age"] + 6.3 * math.log(p["wbc"]) - 20))


def clif_c_ad(p):
    logs = 6.6 * math.log(mg_creat(p)) + 17.1 * math.log(p["inr"]) + 8.8 * math.log(p["wbc"])
    return 0.3 * p["age"] + logs - 0.5 * p["na"] + 80


def cossh(p):
    sofa = sum(organ_points(p | {"vent": "none"})[k] for k in (1, 2, 4, 5))
    return 0.741 * p["inr"] + 0.523 * sofa + 0.026 * p["age"] + 0.003 * p["bili"]


@pytest.mark.reference
def test_aclf_scores(people):
    p = people
    of = scores.compute_clif_c_of(**organs(p)).value
    sofa = scores.compute_hbv_sofa(
        creatinine=p["creat"],
        he_grade=p["he"],
        map_mmhg=p["map"],
        pf=p["pf"],
        renal_replacement=p["dial"],
        vasopressor=p["vaso"],
    ).value
    got = {
        aarc: scores.compute_aarc(**core(p), he_grade=p["he"], lactate=p["lac"]),
        cossh_2: scores.compute_cossh_2(
            inr=p["inr"],
            he_grade=p["he"],
            neutrophils=p["neut"],
            bilirubin=p["bili"],
            urea=p["urea"],
            age=p["age"],
        ),
        clif_c_aclf: scores.compute_clif_c_aclf(clif_c_of=of, age=p["age"], wbc=p["wbc"]),
        clif_c_ad: scores.compute_clif_c_ad(
            age=p["age"], creatinine=p["creat"], inr=p["inr"], wbc=p["wbc"], sodium=p["na"]
        ),
        cossh: scores.compute_cossh(inr=p["inr"], hbv_sofa=sofa, age=p["age"], bilirubin=p["bili"]),
    }
    for scalar, result in got.items():
        assert result.value == pytest.approx(each(p, scalar), rel=1e-10, abs=1e-9), scalar.__name__


@pytest.mark.reference
def test_other_scores(people):
    p = people
    got = [
        (
            lambda q: 0.66 * math.log10(q["bili"]) - 0.085 * q["alb"],
            scores.compute_albi(bilirubin=p["bili"], albumin=p["alb"]),
        ),
        (
            lambda q: q["alt"] * 130 / (40 * q["alp"]),
            scores.compute_r_ratio(alt=p["alt"], alt_reference=40, alp=p["alp"], alp_reference=130),
        ),
        (
            lambda q: q["age"] * q["ast"] / (q["plat"] * q["alt"] ** 0.5),
            scores.compute_fib4(age=p["age"], ast=p["ast"], alt=p["alt"], platelets=p["plat"]),
        ),
        (
            lambda q: 100 * q["ast"] / (40 * q["plat"]),
            scores.compute_apri(ast=p["ast"], ast_uln=40, platelets=p["plat"]),
        ),
        (
            lambda q: sum(mg_bili(q) >= limit for limit in (1.2, 2, 6, 12)),
            scores.compute_sofa_liver(variant="mg/dL", bilirubin=p["bili"]),
        ),
        (
            lambda q: (
                5.395 * math.log(q["inr"])
                + 1.485 * math.log(q["creat"])
                + 3.13 * math.log(q["bili"])
                - 81.565 * math.log(q["na"])
                + 435
            ),
            scores.compute_ukeld(**core(p), sodium=p["na"]),
        ),
    ]
    for scalar, result in got:
        assert result.value == pytest.approx(each(p, scalar), rel=1e-10, abs=1e-9)
