"""What is expected next, and how sure that is: run it where `bordercast.db` lies.

Cell by cell in an editor, or `python forecast_ahead.py`.
"""

# %%
import forecast

record = forecast.open("bordercast.db")
ahead = record.latest("northern")
print(ahead[["median", "lo80", "hi80", "lo95", "hi95"]].head(3))

# %% [markdown]
# The same months a year before, and how the forecast compares with them.

# %%
published = record.actual("northern")["encounters"]
a_year_before = published.reindex(ahead.index - 12)
change = 100 * (ahead["median"].to_numpy() / a_year_before.to_numpy() - 1)
print(f"{ahead.index[0]}: {ahead['median'].iloc[0]:,} expected, {change[0]:+.1f}% on a year before")

# %% [markdown]
# What other models say of the next month. None of them is told what another says.

# %%
table = record.view("latest_forecasts")
totals = table[(table["dimension"] == "") & (table["horizon"] == 1)]
print(totals.pivot(index="border", columns="model", values="median"))

# %% [markdown]
# Quote the record: whoever has the database can check that nothing was edited since.

# %%
print(f"Bordercast, run {ahead.attrs['run_id']}, digest {ahead.attrs['digest']}")
