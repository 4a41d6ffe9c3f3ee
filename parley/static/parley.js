// What pages can do without, and do better with: times in the reader's own zone, chosen files shown before they are
// sent, films looked at again while they are prepared. Everything here works on what the server has sent.
"use strict";

// Times

const pad = (number) => String(number).padStart(2, "0");
const fullTime = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});

function showOwnTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    time.title = fullTime.format(moment);
    if (time.classList.contains("full")) time.textContent = time.title;
  }
}

// Fields for a moment hold UTC on their way, whatever they show.

const asField = (moment, utc) => utc
  ? moment.toISOString().slice(0, 16)
  : `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}T${pad(moment.getHours())}:${pad(moment.getMinutes())}`;

function toOwnZone(field) {
  if (field.value) field.value = asField(new Date(`${field.value}Z`), false);
  field.dataset.own = "yes";
}

function toUtc(field) {
  if (field.value && field.dataset.own) field.value = asField(new Date(field.value), true);
  delete field.dataset.own;
}

const momentFields = (root) => root.querySelectorAll("input[type=datetime-local][data-utc]");

function takeOwnTimes() {
  momentFields(document).forEach(toOwnZone);
  for (const zone of document.querySelectorAll("[data-zone]")) zone.textContent = "your time";
  for (const note of document.querySelectorAll("[data-utc-note]")) note.remove();
}

// Files

function complaintAbout(field) {
  const files = [...field.files];
  if (field.dataset.files && files.length > Number(field.dataset.files)) {
    return `This post has room for ${field.dataset.files} more.`;
  }
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (field.dataset.bytes && size > Number(field.dataset.bytes)) {
    return `Together they may weigh ${Math.floor(Number(field.dataset.bytes) / 1048576)} MB.`;
  }
  return "";
}

function pictureOf(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  image.alt = "";
  image.addEventListener("load", () => URL.revokeObjectURL(image.src));
  image.addEventListener("error", () => image.remove());
  return image;
}

function showChosen(field) {
  const shown = document.getElementById(field.dataset.preview ?? "");
  if (shown) {
    if (field.files[0]?.type.startsWith("image/")) {
      shown.parentElement.querySelector("source")?.remove();
      shown.src = URL.createObjectURL(field.files[0]);
    }
    return;
  }
  field.parentElement.querySelector(".chosen")?.remove();
  if (!field.files.length) return;
  const list = document.createElement("ul");
  list.className = "chosen";
  for (const file of field.files) {
    const item = document.createElement("li");
    if (file.type.startsWith("image/")) item.append(pictureOf(file));
    const name = document.createElement("span");
    name.textContent = file.name;
    item.append(name);
    list.append(item);
  }
  field.after(list);
}

function choose(field) {
  field.setCustomValidity(complaintAbout(field));
  if (field.reportValidity()) showChosen(field);
}

// What is being prepared

async function lookAgain(place, tries) {
  const answer = await fetch(`/compose/files/${place.dataset.preparing}`).catch(() => null);
  if (answer?.status === 200) {
    const made = document.createElement("div");
    made.className = "preview";
    made.innerHTML = await answer.text();
    place.replaceWith(made);
  } else if (tries > 1 && (!answer || answer.status === 202)) {
    setTimeout(lookAgain, 3000, place, tries - 1);
  }
}

// Where a row of links is wider than a phone, the one that is open stands in view.
function showOpenLinks() {
  for (const link of document.querySelectorAll(".filters a[aria-current], .kinds a[aria-current]")) {
    const row = link.parentElement;
    row.scrollLeft = link.offsetLeft - row.offsetLeft - (row.clientWidth - link.offsetWidth) / 2;
  }
}

// Menus close again for whoever goes on elsewhere.

function closeMenus(besides) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu.contains(besides)) continue;
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
  }
}

function begin() {
  showOwnTimes(document);
  takeOwnTimes();
  showOpenLinks();
  for (const place of document.querySelectorAll("[data-preparing]")) {
    place.querySelector("p").append(" It will show here by itself.");
    setTimeout(lookAgain, 2000, place, 200);
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("input[type=file]")) choose(event.target);
});

document.addEventListener("click", (event) => closeMenus(event.target));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus(null);
});

document.addEventListener("submit", (event) => {
  momentFields(event.target).forEach(toUtc);
  const sendsFiles = [...event.target.querySelectorAll("input[type=file]")].some((field) => field.files.length);
  if (sendsFiles && event.submitter) {
    event.submitter.classList.add("busy");
    event.submitter.setAttribute("aria-busy", "true");
  }
});

// Whoever comes back finds the page as it was left, on its way.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  momentFields(document).forEach((field) => { if (!field.dataset.own) toOwnZone(field); });
  for (const button of document.querySelectorAll(".busy")) {
    button.classList.remove("busy");
    button.removeAttribute("aria-busy");
  }
});

begin();
