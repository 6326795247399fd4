"""How good the forecasts have been: run it where `bordercast.db` lies.

Cell by cell in an editor, or `python how_good.py`.
"""

# %%
import forecast

record = forecast.open("bordercast.db")
print(record.describe("scorecard")["meaning"])

# %% [markdown]
# Against naive, the model that lets the last count go on: above 0 is better.

# %%
scores = record.view("scorecard")
whole = scores[(scores["basis"] == "hindcast") & (scores["era"] == "all")]
own = whole[whole["model"] == "bordercast"]
better = 100 * (1 - own.pivot(index="border", columns="horizon", values="relative_mae"))
print(better.rename(columns={0: "all leads"}).astype(float).round(1))

# %% [markdown]
# How often the intervals held what came; 0.80 and 0.95 are meant.

# %%
print(own[own["horizon"] == 0].set_index("border")[["n", "coverage80", "coverage95"]])

# %% [markdown]
# The months that were furthest from what had been expected a month before.

# %%
judged = record.view("judged_months")
totals = judged[(judged["dimension"] == "") & judged["p"].notna()]
print(totals.nsmallest(5, "p")[["border", "month", "median", "encounters", "p", "severity"]])

# %% [markdown]
# As of a day: what was known on April 1, 2025 of February 2025, and what is now.

# %%
then = record.actual("northern", as_of="2025-04-01")["encounters"]["2025-02"]
now = record.actual("northern")["encounters"]["2025-02"]
print(f"northern, February 2025: {then:,} as first published, {now:,} now")
