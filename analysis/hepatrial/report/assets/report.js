"use strict";
(function () {
  const data = JSON.parse(document.getElementById("panel-data").textContent);
  const panel = document.getElementById("panel");
  const title = document.getElementById("panel-title");
  const body = document.getElementById("panel-body");
  let chosen = null;

  function element(name, text, parent) {
    const made = document.createElement(name);
    if (text !== undefined && text !== null) made.textContent = String(text);
    if (parent) parent.appendChild(made);
    return made;
  }

  function facts(pairs) {
    const list = element("dl", null, body);
    for (const [name, text] of pairs) {
      if (text === "" || text === null || text === undefined) continue;
      element("dt", name, list);
      element("dd", text, list);
    }
  }

  function recordTable(indexes) {
    const box = element("div", null, body);
    box.className = "scroll";
    box.tabIndex = 0;
    const table = element("table", null, box);
    const head = element("tr", null, element("thead", null, table));
    for (const name of ["Subject", "Table", "File", "Sheet", "Line"]) element("th", name, head).scope = "col";
    const rows = element("tbody", null, table);
    for (const index of indexes) {
      const [, subject, name, file, sheet, line] = data.records[index];
      const row = element("tr", null, rows);
      for (const text of [subject, name, file, sheet, line || ""]) element("td", text, row);
    }
  }

  function rowFromFile(id) {
    return 'import pandas\npandas.read_parquet("results.parquet").query("result_id == \'' + id + '\'")';
  }

  function recipe(is, source) {
    const [, named, called] = data.recipes[is.measure];
    const fits = !named || ["ADTTE", "ADLB"].includes(source[0]);
    const [name, call] = fits ? [named, called] : ["", ""];
    const slots = Object.assign({}, data.analyses[is.analysis_id], is, {
      cause: is.level === "competing" ? 2 : 1,
      scale: is.level === "ratio" ? "log" : "linear",
      number: Number(is.level),
    });
    const filled = call.replace(/\{(\w+)\}/g, (_, slot) => JSON.stringify(slots[slot]));
    const cutoff = data.cutoff ? ", cutoff=" + JSON.stringify(data.cutoff) : "";
    const where = JSON.stringify(source[3]);
    const lines = ["from hepatrial.run import read_rows"];
    if (name) lines.unshift("from hepatrial.estimate import " + name);
    lines.push("", 'rows = read_rows("study.toml", "data.toml", ' + JSON.stringify(source[0]) + ", " + where + cutoff + ")");
    return lines.concat(filled ? [filled] : []).join("\n");
  }

  function showResult(id, shown) {
    const row = data.results[id];
    const is = Object.fromEntries(data.fields.map((name, place) => [name, row[place]]));
    const status = { ok: "ok", note: "read with the note", not_estimable: "not estimable", failed: "failed" };
    title.textContent = shown + ": " + is.measure + ", " + is.stat.replaceAll("_", " ");
    facts([
      ["Value as computed", is.value === null ? "none" : is.value + (is.unit ? " " + is.unit : "")],
      ["Status", status[is.status]], ["Message", is.message], ["Method", is.method],
      ["Formula", data.recipes[is.measure][0]], ["n", is.n_used],
      ["Analysis", is.analysis_id], ["Endpoint", is.endpoint], ["Population", is.population], ["Group", is.group],
      ["Compared with", is.comparator], ["Variable", is.variable], ["Level", is.level], [is.by_variable, is.by_level],
      ["Visit", is.visit], ["Day", is.time_days],
      ["Checked by", { engine: "a second engine", reference: "a reference value of the method", none: "no second source" }[is.checked_by]],
    ]);
    const source = data.sources[is.source_id];
    if (source) {
      element("h3", "Source: " + source[0], body);
      facts([["Rows where", source[1]], ["Records", source[2].length]]);
      recordTable(source[2]);
    }
    element("h3", "From Python", body);
    element("pre", source ? recipe(is, source) : rowFromFile(id), body);
  }

  function showRecords(ids, shown) {
    const places = new Map(data.records.map((record, place) => [record[0], place]));
    const found = ids.split(";").filter((id) => places.has(id));
    title.textContent = shown;
    facts([["Records", found.length]]);
    recordTable(found.map((id) => places.get(id)));
  }

  function open(target) {
    body.replaceChildren();
    if (chosen) chosen.classList.remove("chosen");
    chosen = target;
    chosen.classList.add("chosen");
    if (target.dataset.result) showResult(target.dataset.result, target.textContent);
    else showRecords(target.parentElement.dataset.record, target.textContent);
    panel.hidden = false;
    title.focus();
  }

  function close() {
    panel.hidden = true;
    if (!chosen) return;
    chosen.classList.remove("chosen");
    if (chosen.tabIndex === 0) chosen.focus();
    chosen = null;
  }

  function steer(event) {
    const region = event.target.closest(".output .scroll, .front");
    if (!region || !event.key.startsWith("Arrow")) return;
    const numbers = [...region.querySelectorAll("[data-result], tr[data-record] td")];
    if (!numbers.length) return;
    const step = event.key === "ArrowRight" || event.key === "ArrowDown" ? 1 : -1;
    const at = numbers.indexOf(document.activeElement);
    const next = numbers[at < 0 ? 0 : Math.min(Math.max(at + step, 0), numbers.length - 1)];
    for (const number of numbers) number.removeAttribute("tabindex");
    next.tabIndex = 0;
    next.focus();
    event.preventDefault();
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-result], tr[data-record] td");
    if (target && !panel.contains(target)) open(target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) close();
    if (event.key === "Enter" && event.target.matches("[data-result], tr[data-record] td")) open(event.target);
    steer(event);
  });
  document.getElementById("close").addEventListener("click", close);

  document.getElementById("find").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    for (const link of document.querySelectorAll("#contents ul ul a")) {
      link.parentElement.hidden = !link.textContent.toLowerCase().includes(wanted);
    }
  });

  for (const input of document.querySelectorAll(".filter")) {
    const section = input.closest(".output");
    const rows = [...section.querySelectorAll("tbody tr")];
    const count = section.querySelector(".count");
    count.textContent = rows.length + " rows";
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
        shown += row.hidden ? 0 : 1;
      }
      count.textContent = shown + " of " + rows.length + " rows";
    });
  }

  function sortBy(head) {
    const table = head.closest("table");
    const place = [...head.parentElement.children].indexOf(head);
    const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
    const key = (row) => row.children[place].textContent;
    const order = new Intl.Collator("en", { numeric: true });
    const rows = [...table.tBodies[0].rows].sort((a, b) => sign * order.compare(key(a), key(b)));
    table.tBodies[0].append(...rows);
  }

  for (const head of document.querySelectorAll("table.listing thead th")) {
    head.tabIndex = 0;
    head.addEventListener("click", () => sortBy(head));
    head.addEventListener("keydown", (event) => { if (event.key === "Enter") sortBy(head); });
  }
})();
