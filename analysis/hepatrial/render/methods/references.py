"""The literature behind the methods text, by the key that a sentence cites as ``[@key]``."""

from collections.abc import Mapping

REFERENCES: Mapping[str, str] = {
    "aalen": "Andersen PK, Geskus RB, de Witte T, Putter H. Competing risks in epidemiology: possibilities and "
    "pitfalls. "
    "Int J Epidemiol 2012;41:861–870. doi:10.1093/ije/dyr213",
    "altman": "Altman DG, Andersen PK. Calculating the number needed to treat for trials where the outcome is time to "
    "an "
    "event. BMJ 1999;319:1492–1495. doi:10.1136/bmj.319.7223.1492",
    "barnard": "Barnard GA. Significance tests for 2 × 2 tables. Biometrika 1947;34:123–138. "
    "doi:10.1093/biomet/34.1-2.123",
    "boschloo": "Boschloo RD. Raised conditional level of significance for the 2 × 2-table when testing the equality "
    "of "
    "two probabilities. Stat Neerl 1970;24:1–35. doi:10.1111/j.1467-9574.1970.tb00104.x",
    "breslow": "Breslow N. Covariance analysis of censored survival data. Biometrics 1974;30:89–99. "
    "doi:10.2307/2529620",
    "bretz": "Bretz F, Maurer W, Brannath W, Posch M. A graphical approach to sequentially rejective multiple test "
    "procedures. Stat Med 2009;28:586–604. doi:10.1002/sim.3495",
    "brookmeyer": "Brookmeyer R, Crowley J. A confidence interval for the median survival time. Biometrics "
    "1982;38:29–41. doi:10.2307/2530286",
    "brown": "Brown LD, Cai TT, DasGupta A. Interval estimation for a binomial proportion. Stat Sci 2001;16:101–133. "
    "doi:10.1214/ss/1009213286",
    "carpenter": "Carpenter JR, Roger JH, Kenward MG. Analysis of longitudinal trials with protocol deviation: a "
    "framework "
    "for relevant, accessible assumptions, and inference via multiple imputation. J Biopharm Stat 2013;23:1352–1371. "
    "doi:10.1080/10543406.2013.834911",
    "chan": "Chan ISF, Zhang Z. Test-based exact confidence intervals for the difference of two binomial proportions. "
    "Biometrics 1999;55:1202–1209. doi:10.1111/j.0006-341X.1999.01202.x",
    "clopper": "Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the case of the "
    "binomial. "
    "Biometrika 1934;26:404–413. doi:10.1093/biomet/26.4.404",
    "cochran": "Cochran WG. Some methods for strengthening the common χ² tests. Biometrics 1954;10:417–451. "
    "doi:10.2307/3001616",
    "cox": "Cox DR. Regression models and life-tables. J R Stat Soc B 1972;34:187–220. "
    "doi:10.1111/j.2517-6161.1972.tb00899.x",
    "bebu": "Bebu I, Lachin JM. Large sample inference for a win ratio analysis of a composite outcome based on "
    "prioritized "
    "components. Biostatistics 2016;17:178–187. doi:10.1093/biostatistics/kxv032",
    "efron": "Efron B. The efficiency of Cox's likelihood function for censored data. J Am Stat Assoc 1977;72:557–565. "
    "doi:10.1080/01621459.1977.10480613",
    "fay": "Fay MP, Brittain EH, Proschan MA. Pointwise confidence intervals for a survival distribution with small "
    "samples or heavy censoring. Biostatistics 2013;14:723–736. doi:10.1093/biostatistics/kxt016",
    "fine": "Fine JP, Gray RJ. A proportional hazards model for the subdistribution of a competing risk. J Am Stat "
    "Assoc "
    "1999;94:496–509. doi:10.1080/01621459.1999.10474144",
    "firth logistic": "Firth D. Bias reduction of maximum likelihood estimates. Biometrika 1993;80:27–38. "
    "doi:10.1093/biomet/80.1.27",
    "firth": "Heinze G, Schemper M. A solution to the problem of monotone likelihood in Cox regression. Biometrics "
    "2001;57:114–119. doi:10.1111/j.0006-341X.2001.00114.x",
    "fisher": "Fisher RA. The logic of inductive inference. J R Stat Soc 1935;98:39–82. doi:10.2307/2342435",
    "garwood": "Garwood F. Fiducial limits for the Poisson distribution. Biometrika 1936;28:437–442. "
    "doi:10.1093/biomet/28.3-4.437",
    "gehan": "Gehan EA. A generalized Wilcoxon test for comparing arbitrarily singly-censored samples. Biometrika "
    "1965;52:203–223. doi:10.1093/biomet/52.1-2.203",
    "grambsch": "Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based on weighted residuals. "
    "Biometrika 1994;81:515–526. doi:10.1093/biomet/81.3.515",
    "gray": "Gray RJ. A class of K-sample tests for comparing the cumulative incidence of a competing risk. Ann Stat "
    "1988;16:1141–1154. doi:10.1214/aos/1176350951",
    "harrington": "Harrington DP, Fleming TR. A class of rank test procedures for censored survival data. Biometrika "
    "1982;69:553–566. doi:10.1093/biomet/69.3.553",
    "hochberg": "Hochberg Y. A sharper Bonferroni procedure for multiple tests of significance. Biometrika "
    "1988;75:800–802. doi:10.1093/biomet/75.4.800",
    "hodges": "Hodges JL, Lehmann EL. Estimates of location based on rank tests. Ann Math Stat 1963;34:598–611. "
    "doi:10.1214/aoms/1177704172",
    "holm": "Wright SP. Adjusted p-values for simultaneous inference. Biometrics 1992;48:1005–1013. "
    "doi:10.2307/2532694",
    "hommel": "Hommel G. A stagewise rejective multiple test procedure based on a modified Bonferroni test. Biometrika "
    "1988;75:383–386. doi:10.1093/biomet/75.2.383",
    "hughes": "Hughes JP. Mixed effects models with censored data with application to HIV RNA levels. Biometrics "
    "1999;55:625–629. doi:10.1111/j.0006-341X.1999.00625.x",
    "hyndman": "Hyndman RJ, Fan Y. Sample quantiles in statistical packages. Am Stat 1996;50:361–365. "
    "doi:10.1080/00031305.1996.10473566",
    "kalbfleisch": "Kalbfleisch JD, Prentice RL. The statistical analysis of failure time data. 2nd ed. Wiley 2002. "
    "doi:10.1002/9781118032985",
    "kaplan": "Kaplan EL, Meier P. Nonparametric estimation from incomplete observations. J Am Stat Assoc "
    "1958;53:457–481. doi:10.1080/01621459.1958.10501452",
    "kenward": "Kenward MG, Roger JH. Small sample inference for fixed effects from restricted maximum likelihood. "
    "Biometrics 1997;53:983–997. doi:10.2307/2533558",
    "klein": "Klein JP, Logan B, Harhoff M, Andersen PK. Analyzing survival curves at a fixed point in time. Stat Med "
    "2007;26:4505–4519. doi:10.1002/sim.2864",
    "kurland": "Kurland BF, Heagerty PJ. Directly parameterized regression conditioning on being alive: analysis of "
    "longitudinal data truncated by deaths. Biostatistics 2005;6:241–258. doi:10.1093/biostatistics/kxi006",
    "lachin": "Lachin JM. Worst-rank score analysis with informatively missing observations in clinical trials. "
    "Control "
    "Clin Trials 1999;20:408–422. doi:10.1016/S0197-2456(99)00022-7",
    "laird": "Laird NM, Ware JH. Random-effects models for longitudinal data. Biometrics 1982;38:963–974. "
    "doi:10.2307/2529876",
    "liang": "Liang KY, Zeger SL. Longitudinal data analysis using generalized linear models. Biometrika "
    "1986;73:13–22. "
    "doi:10.1093/biomet/73.1.13",
    "lott": "Lott A, Reiter JP. Wilson confidence intervals for binomial proportions with multiple imputation for "
    "missing data. Am Stat 2020;74:109–115. doi:10.1080/00031305.2018.1473796",
    "lu": "Lu K. On efficiency of constrained longitudinal data analysis versus longitudinal analysis of covariance. "
    "Biometrics 2010;66:891–896. doi:10.1111/j.1541-0420.2009.01332.x",
    "mallinckrodt": "Mallinckrodt CH, Clark WS, David SR. Accounting for dropout bias using mixed-effects models. "
    "J Biopharm Stat 2001;11:9–21. doi:10.1081/BIP-100104194",
    "mancl": "Mancl LA, DeRouen TA. A covariance estimator for GEE with improved small-sample properties. Biometrics "
    "2001;57:126–134. doi:10.1111/j.0006-341X.2001.00126.x",
    "mann": "Mann HB, Whitney DR. On a test of whether one of two random variables is stochastically larger than the "
    "other. Ann Math Stat 1947;18:50–60. doi:10.1214/aoms/1177730491",
    "mantel": "Mantel N, Haenszel W. Statistical aspects of the analysis of data from retrospective studies of "
    "disease. "
    "J Natl Cancer Inst 1959;22:719–748. doi:10.1093/jnci/22.4.719",
    "mccullagh": "McCullagh P. Regression models for ordinal data. J R Stat Soc B 1980;42:109–127. "
    "doi:10.1111/j.2517-6161.1980.tb01109.x",
    "melded": "Fay MP, Proschan MA, Brittain E. Combining one-sample confidence procedures for inference in the "
    "two-sample case. Biometrics 2015;71:146–156. doi:10.1111/biom.12231",
    "miettinen": "Miettinen O, Nurminen M. Comparative analysis of two rates. Stat Med 1985;4:213–226. "
    "doi:10.1002/sim.4780040211",
    "multiple imputation": "Rubin DB. Multiple imputation for nonresponse in surveys. New York: Wiley; 1987. "
    "doi:10.1002/9780470316696",
    "newcombe": "Newcombe RG. Interval estimation for the difference between independent proportions: comparison of "
    "eleven methods. Stat Med 1998;17:873–890. doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I",
    "newcombe one": "Newcombe RG. Two-sided confidence intervals for the single proportion: comparison of seven "
    "methods. "
    "Stat Med 1998;17:857–872. doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E",
    "pearson": "Pearson K. On the criterion that a given system of deviations from the probable … can be reasonably "
    "supposed to have arisen from random sampling. Philos Mag 1900;50:157–175. doi:10.1080/14786440009463897",
    "peto": "Peto R, Pike MC, Armitage P, et al. Design and analysis of randomized clinical trials requiring prolonged "
    "observation of each patient. II. Analysis and examples. Br J Cancer 1977;35:1–39. doi:10.1038/bjc.1977.1",
    "peto peto": "Peto R, Peto J. Asymptotically efficient rank invariant test procedures. J R Stat Soc A "
    "1972;135:185–207. doi:10.2307/2344317",
    "pocock": "Pocock SJ, Ariti CA, Collier TJ, Wang D. The win ratio: a new approach to the analysis of composite "
    "endpoints in clinical trials. Eur Heart J 2012;33:176–182. doi:10.1093/eurheartj/ehr352",
    "pustejovsky": "Pustejovsky JE, Tipton E. Small-sample methods for cluster-robust variance estimation and "
    "hypothesis "
    "testing in fixed effects models. J Bus Econ Stat 2018;36:672–683. doi:10.1080/07350015.2016.1247004",
    "royston": "Royston P, Parmar MKB. Restricted mean survival time: an alternative to the hazard ratio for the "
    "design "
    "and analysis of randomized trials with a time-to-event outcome. BMC Med Res Methodol 2013;13:152. "
    "doi:10.1186/1471-2288-13-152",
    "rubin": "Barnard J, Rubin DB. Small-sample degrees of freedom with multiple imputation. Biometrika "
    "1999;86:948–955. "
    "doi:10.1093/biomet/86.4.948",
    "satterthwaite": "Satterthwaite FE. An approximate distribution of estimates of variance components. Biometrics "
    "Bull "
    "1946;2:110–114. doi:10.2307/3002019",
    "sato": "Sato T. On the variance estimator for the Mantel–Haenszel risk difference. Biometrics 1989;45:1323–1324. "
    "doi:10.2307/2531698",
    "schluchter": "Schluchter MD, Elashoff JD. Small-sample adjustments to tests with unbalanced repeated measures "
    "assuming several covariance structures. J Stat Comput Simul 1990;37:69–87. doi:10.1080/00949659008811268",
    "searle": "Searle SR, Speed FM, Milliken GA. Population marginal means in the linear model: an alternative to "
    "least "
    "squares means. Am Stat 1980;34:216–221. doi:10.1080/00031305.1980.10483031",
    "tarone": "Tarone RE, Ware J. On distribution-free tests for equality of survival distributions. Biometrika "
    "1977;64:156–160. doi:10.1093/biomet/64.1.156",
    "wolbers": "Wolbers M, Noci A, Delmar P, et al. Standard and reference-based conditional mean imputation. Pharm "
    "Stat "
    "2022;21:1246–1257. doi:10.1002/pst.2234",
    "wilson": "Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc "
    "1927;22:209–212. doi:10.1080/01621459.1927.10502953",
}  # fmt: skip

SOFTWARE: Mapping[str, str] = {
    "lifelines": "Kaplan–Meier and Cox models. Davidson-Pilon C. J Open Source Softw 2019;4:1317. "
    "doi:10.21105/joss.01317",
    "numpy": "arrays and linear algebra. Harris CR, et al. Nature 2020;585:357–362. doi:10.1038/s41586-020-2649-2",
    "scipy": "distributions and optimisation. Virtanen P, et al. Nat Methods 2020;17:261–272. "
    "doi:10.1038/s41592-019-0686-2",
    "statsmodels": "second engine of tests and models. Seabold S, Perktold J. Proc 9th Python Sci Conf 2010:92–96. "
    "doi:10.25080/Majora-92bf1922-011",
    "pandas": "tables of data. McKinney W. Proc 9th Python Sci Conf 2010:56–61. doi:10.25080/Majora-92bf1922-00a",
    "matplotlib": "figures. Hunter JD. Comput Sci Eng 2007;9:90–95. doi:10.1109/MCSE.2007.55",
}
"""Packages that compute or draw what the report shows, and how each is cited."""
