"""Adverse events and medications that such trials see, with how often: our judgement, a claim about no treatment."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EventPrior:
    """An adverse event: how often, how bad, and what it can come from.

    ``daily`` is the hazard a day at severity 0, ``per_session`` the chance in a session; ``grades`` the shares of
    grades 1 to 4; ``device``, ``procedure`` and ``cells`` pick the causality scale (0 none, 1 doubtful, 2 likely).
    """

    term: str
    preferred_term: str
    organ_class: str
    daily: float
    per_session: float
    grades: tuple[float, float, float, float]
    device: int = 0
    procedure: int = 0
    cells: int = 0


CAUSALITY = (
    ("not related", "not related", "unlikely"),
    ("not related", "unlikely", "possible"),
    ("possible", "probable", "related"),
)
# fmt: off
SESSION_EVENTS = (
    EventPrior("血压下降 blood pressure fell", "Hypotension", "Vascular disorders", 0.0, 0.16, (2, 5, 2, 0), 1, 2, 0),
    EventPrior("穿刺点渗血 oozing at the catheter", "Catheter site haemorrhage",
               "General disorders and administration site conditions", 0.0, 0.10, (6, 3, 0, 0), 0, 2, 0),
    EventPrior("寒战 chills", "Chills", "General disorders and administration site conditions", 0.0, 0.08,
               (7, 2, 0, 0), 1, 1, 1),
    EventPrior("发热 fever", "Pyrexia", "General disorders and administration site conditions", 0.004, 0.06,
               (6, 3, 0, 0), 0, 1, 1),
    EventPrior("血小板减少 platelets fell", "Platelet count decreased", "Investigations", 0.0, 0.12,
               (2, 4, 3, 1), 1, 2, 0),
    EventPrior("低钾血症 low potassium", "Hypokalaemia", "Metabolism and nutrition disorders", 0.005, 0.03,
               (5, 3, 1, 0), 0, 1, 0),
    EventPrior("肺部感染 chest infection", "Pneumonia", "Infections and infestations", 0.0025, 0.0, (0, 4, 4, 1)),
    EventPrior("自发性腹膜炎 spontaneous peritonitis", "Peritonitis bacterial", "Infections and infestations", 0.0015,
               0.0, (0, 1, 4, 1)),
    EventPrior("肝性脑病加重 encephalopathy worse", "Hepatic encephalopathy", "Nervous system disorders", 0.002, 0.0,
               (0, 3, 4, 1)),
    EventPrior("消化道出血 melaena", "Gastrointestinal haemorrhage", "Gastrointestinal disorders", 0.0012, 0.0,
               (0, 2, 4, 2)),
    EventPrior("恶心 nausea", "Nausea", "Gastrointestinal disorders", 0.004, 0.02, (8, 2, 0, 0)),
    EventPrior("皮疹 rash", "Rash", "Skin and subcutaneous tissue disorders", 0.001, 0.02, (7, 2, 0, 0), 0, 0, 1),
)
INFUSION_EVENTS = (
    EventPrior("发热 fever", "Pyrexia", "General disorders and administration site conditions", 0.003, 0.07,
               (6, 3, 0, 0), 0, 1, 2),
    EventPrior("寒战 chills", "Chills", "General disorders and administration site conditions", 0.0, 0.03,
               (7, 2, 0, 0), 0, 1, 1),
    EventPrior("皮疹 rash", "Rash", "Skin and subcutaneous tissue disorders", 0.0006, 0.02, (7, 2, 0, 0), 0, 0, 1),
    EventPrior("恶心 nausea", "Nausea", "Gastrointestinal disorders", 0.002, 0.02, (8, 2, 0, 0)),
    EventPrior("低钾血症 low potassium", "Hypokalaemia", "Metabolism and nutrition disorders", 0.003, 0.0,
               (5, 3, 1, 0)),
    EventPrior("肺部感染 chest infection", "Pneumonia", "Infections and infestations", 0.002, 0.0, (0, 4, 4, 1)),
    EventPrior("自发性腹膜炎 spontaneous peritonitis", "Peritonitis bacterial", "Infections and infestations", 0.0012,
               0.0, (0, 1, 4, 1)),
    EventPrior("腹水加重 ascites worse", "Ascites", "Gastrointestinal disorders", 0.0022, 0.0, (0, 5, 4, 0)),
    EventPrior("肝性脑病加重 encephalopathy worse", "Hepatic encephalopathy", "Nervous system disorders", 0.0016, 0.0,
               (0, 3, 4, 1)),
    EventPrior("消化道出血 melaena", "Gastrointestinal haemorrhage", "Gastrointestinal disorders", 0.0008, 0.0,
               (0, 2, 4, 2)),
    EventPrior("急性肾损伤 kidney injury", "Acute kidney injury", "Renal and urinary disorders", 0.0010, 0.0,
               (0, 4, 4, 1)),
)
FATAL = {
    "肝衰竭 hepatic failure": ("Hepatic failure", "Hepatobiliary disorders"),
    "感染性休克 septic shock": ("Septic shock", "Infections and infestations"),
    "消化道出血 gastrointestinal haemorrhage": ("Gastrointestinal haemorrhage", "Gastrointestinal disorders"),
}
MEDICATIONS = (
    ("乳果糖 lactulose", "medication", "15 mL", "肝性脑病预防 prevention of encephalopathy", 0.8),
    ("头孢哌酮舒巴坦 cefoperazone-sulbactam", "medication", "3 g", "感染 infection", 0.5),
    ("人血白蛋白 human albumin", "blood product", "10 g", "低白蛋白血症 low albumin", 0.8),
    ("新鲜冰冻血浆 fresh frozen plasma", "blood product", "400 mL", "凝血异常 coagulopathy", 0.5),
    ("血浆置换 plasma exchange", "plasma exchange", "2000 mL", "肝衰竭 liver failure", 0.2),
)
# fmt: on
ANTIVIRAL = ("恩替卡韦 entecavir", "medication", "0.5 mg", "乙型肝炎 hepatitis B")
