// SPDX-License-Identifier: ISC
//
// Keeps the page new: asks for status.json every two seconds and prints it as
// the server has printed it. It computes nothing, and every text is set as
// text, so that no sender can write into the page.
"use strict";

const EVERY_MS = 2000;	// while the page is seen
const HIDDEN_MS = 10000;
const LONGEST_MS = 30000; // between two tries that fail
const STALE_MS = 6000;
const ANSWER_MS = 5000;

const search = new URLSearchParams(location.search);
let etag = "";
let paused = search.has("pause");
let heardAt = Date.now();
let failures = 0;
let timer = 0;
let title = document.title;

function byId(id) {
	return document.getElementById(id);
}

// Only what changed: a reader's selection and a live region stay as they are.
function setText(element, text) {
	if (element !== null && element.textContent !== text)
		element.textContent = text;
}

function setAttribute(element, name, value) {
	if (element.getAttribute(name) !== value)
		element.setAttribute(name, value);
}

function svg(name) {
	return document.createElementNS("http://www.w3.org/2000/svg", name);
}

// Cells: one function a kind, the same kinds as in page_print.c.

function drawing(viewBox, path) {
	const picture = svg("svg");
	const shape = svg("path");

	picture.setAttribute("viewBox", viewBox);
	picture.setAttribute("preserveAspectRatio", "none");
	shape.setAttribute("d", path);
	picture.append(shape);
	return picture;
}

function copyButton(code, number) {
	const button = document.createElement("button");

	button.type = "button";
	button.textContent = "copy";
	button.setAttribute("aria-label", "copy the command of incident " + number);
	button.addEventListener("click", () => copy(code, button));
	return button;
}

function setCell(cell, show, name) {
	cell.textContent = show[name];
}

const cells = {
	text: setCell,
	head: setCell,
	number: setCell,
	link(cell, show, name) {
		const link = document.createElement("a");

		link.textContent = show[name];
		link.setAttribute("href", show.href);
		cell.append(link);
	},
	chart(cell, show, name) {
		const picture = drawing("0 0 610 100", show[name]);

		picture.setAttribute("role", "img");
		picture.setAttribute("aria-label", show[name + "_label"]);
		cell.append(picture);
	},
	bar(cell, show, name) {
		const picture = drawing("0 0 100 10", show[name + "_bar"]);

		picture.setAttribute("aria-hidden", "true");
		cell.append(picture, " " + show[name]);
	},
	command(cell, show, name) {
		const code = document.createElement("code");

		code.textContent = show[name];
		cell.append(code, copyButton(code, show.number));
		if (show.why !== "") {
			const why = document.createElement("small");

			why.textContent = show.why;
			cell.append(why);
		}
	},
};

async function copy(code, button) {
	try {
		await navigator.clipboard.writeText(code.textContent);
		button.textContent = "copied";
	} catch (error) {
		getSelection().selectAllChildren(code); // for the keyboard
		button.textContent = "selected";
	}
	setTimeout(() => { button.textContent = "copy"; }, 2000);
}

function columnsOf(table) {
	return Array.from(table.tHead.rows[0].cells, (cell) => ({
		name: cell.dataset.name,
		kind: cell.dataset.kind,
		title: cell.textContent,
	}));
}

function newCell(column, show) {
	const isHead = column.kind === "head" || column.kind === "link";
	const cell = document.createElement(isHead ? "th" : "td");

	if (isHead)
		cell.scope = "row";
	cell.className = column.kind + " " + column.name;
	cell.dataset.label = column.title;
	cells[column.kind](cell, show, column.name);
	return cell;
}

function newRow(columns, row) {
	const line = document.createElement("tr");

	line.className = row.class;
	line.append(...columns.map((column) => newCell(column, row.show)));
	line.dataset.shown = JSON.stringify([row.class, row.show]);
	return line;
}

// A row that has not changed stays, with the focus that is in it.
function fill(table, rows) {
	const columns = columnsOf(table);
	const body = table.tBodies[0];

	rows.forEach((row, i) => {
		const old = body.rows[i];

		if (old === undefined)
			body.append(newRow(columns, row));
		else if (old.dataset.shown !== JSON.stringify([row.class, row.show]))
			replaceRow(old, newRow(columns, row));
	});
	while (body.rows.length > rows.length)
		body.rows[rows.length].remove();
}

// The focus goes to the same place of the new row.
function replaceRow(old, row) {
	const places = "a, button";
	const at = Array.from(old.querySelectorAll(places))
		.indexOf(document.activeElement);

	old.replaceWith(row);
	if (at >= 0 && row.querySelectorAll(places)[at])
		row.querySelectorAll(places)[at].focus();
}

function fillWarnings(warnings) {
	const list = byId("warnings");

	if (list.dataset.shown === warnings.join("\n"))
		return;
	list.replaceChildren(...warnings.map((warning) => {
		const item = document.createElement("li");

		item.textContent = warning;
		return item;
	}));
	list.dataset.shown = warnings.join("\n");
}

function show(status) {
	title = status.title;
	document.body.className = status.mood + (status.stale ? " stale" : "");
	setText(byId("where"), status.bar);
	setText(byId("sentence"), status.sentence);
	fillWarnings(status.warnings);
	for (const table of document.querySelectorAll("table"))
		fill(table, status[table.id] || []);
	for (const name of ["incidents", "near", "orders"])
		setText(byId("n-" + name), (status.notes || {})[name] || "");
	for (const name of ["accepted", "tempfailed", "rejected", "held"])
		setAttribute(byId("c-" + name), "d", (status.chart || {})[name] || "");
	if (byId("all") !== null)
		byId("all").hidden = !byId("n-near").textContent.includes("are shown");
	setText(byId("chart-label"), (status.chart || {}).label || "");
}

// What the page says of itself: its time, and that it is old.
function showAge() {
	const age = Math.round((Date.now() - heardAt) / 1000);
	const isOld = Date.now() - heardAt > STALE_MS;

	setText(byId("age"), isOld ? "stale: nothing heard for " + age + " s" : "");
	if (isOld)
		document.body.classList.add("stale");
	setText(document.querySelector("title"), isOld ? "(stale) weir" : title);
}

async function ask() {
	const path = "status.json" + (search.has("all") ? "?all" : "");
	const answer = await fetch(path, {
		cache: "no-store",
		headers: etag === "" ? {} : { "If-None-Match": etag },
		signal: AbortSignal.timeout(ANSWER_MS),
	});

	if (answer.status !== 304) {
		if (!answer.ok)
			throw new Error("status " + answer.status);
		show(await answer.json());
		etag = answer.headers.get("ETag") || "";
	}
	heardAt = Date.now();
	document.body.classList.toggle("stale", title.startsWith("(stale)"));
	setText(byId("now"), new Date(answer.headers.get("Date") || heardAt)
		.toISOString().slice(11, 19) + " UTC");
}

function nextPause() {
	const usual = document.hidden ? HIDDEN_MS : EVERY_MS;

	return Math.min(usual * 2 ** Math.min(failures, 10),
		Math.max(LONGEST_MS, usual));
}

async function poll() {
	clearTimeout(timer);
	try {
		await ask();
		failures = 0;
	} catch (error) {
		failures++;
	}
	showAge();
	clearTimeout(timer);
	if (!paused)
		timer = setTimeout(poll, nextPause());
}

function addPauseButton() {
	const button = document.createElement("button");

	button.type = "button";
	button.id = "pause";
	setText(button, paused ? "resume" : "pause");
	button.addEventListener("click", () => {
		paused = !paused;
		setText(button, paused ? "resume" : "pause");
		if (paused)
			clearTimeout(timer);
		else
			poll();
	});
	byId("pause").replaceWith(button);
}

addPauseButton();
setInterval(() => paused || showAge(), 1000);
document.addEventListener("visibilitychange", () => {
	if (!document.hidden && !paused)
		poll();
});
if (!paused)
	poll();
