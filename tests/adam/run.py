# SPDX-License-Identifier: Apache-2.0
"""Writes the data sets of a trial and has R read them. Skips (77) where R or its survival package is missing."""
import csv, json, pathlib, shutil, subprocess, sys, tempfile

quell, here = sys.argv[1], pathlib.Path(__file__).parent
if not shutil.which("Rscript") or subprocess.run(["Rscript", "-e", "q(status = !requireNamespace('survival', quietly = TRUE))"],
                                                  stderr=subprocess.DEVNULL).returncode:
    print("skipped: R with its package survival is not installed (Debian: r-base-core, r-cran-survival)")
    sys.exit(77)
with tempfile.TemporaryDirectory() as d:
    trial = pathlib.Path(d, "strata.yaml")
    text = subprocess.run([quell, "trial", "new"], capture_output=True, text=True, check=True).stdout
    trial.write_text(text)
    run = subprocess.run([quell, "trial", "run", str(trial), "--seed", "3", "--adam", d, "--json"], capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    result = json.loads(run.stdout)
    median = {e["id"]: e["estimate"] for e in result["arms"][0]["endpoints"]}
    with open(pathlib.Path(d, "own.csv"), "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["endpoint", "hazard_ratio", "log_hr", "se", "p", "median_a"])
        for c in result["contrasts"]:
            m = median.get(c["endpoint"] + "_median")
            out.writerow([c["endpoint"], repr(c["hazard_ratio"]), repr(c["log_hazard_ratio"]), repr(c["se"]), repr(c["p"]), "NA" if m is None else repr(m)])
    r = subprocess.run(["Rscript", str(here / "check.R"), d, str(pathlib.Path(d, "own.csv"))], capture_output=True, text=True)
    print(r.stdout, r.stderr)
    orr = median["orr"]
    if r.returncode or f"response {orr:.4f}" not in r.stdout:
        sys.exit(f"R and quell disagree (quell has response {orr:.4f})")
