/* The week: a class is moved by pointer or keyboard, and the page asks what the move does. It adds nothing that the
   three fields beside it cannot do. */
"use strict"

const QUARTER = 15
const FAR = 6  // pixels from which on a press is a drag, not a click

const planner = () => document.getElementById("planner")
const grid = () => planner().querySelector(".wg")
const clock = minute => `${Math.floor(minute / 60)}.${String(minute % 60).padStart(2, "0")}`
const days = () => [...grid().querySelectorAll(".wd")]
const dayName = day => day.querySelector("h2").firstChild.textContent

/* How far a card is from where it is well seen, beside the column of the days; 0 where it is. */
function away(card, frame) {
  const box = card.getBoundingClientRect(), seen = frame.getBoundingClientRect()
  return box.left >= seen.left + 70 && box.right <= seen.right - 10 ? 0 : box.left - seen.left - frame.clientWidth / 3
}

/* Show the chosen class, else the evening. */
function scrollToChosen() {
  const frame = planner().querySelector(".wgrid")
  const evening = [...frame.querySelectorAll(".wk a")].filter(a => a.dataset.minute >= 15 * 60)
  const card = frame.querySelector(".sel a") || evening.sort((a, b) => a.dataset.minute - b.dataset.minute)[0]
  if (card) frame.scrollLeft += away(card, frame)
}

function say(text) {
  document.getElementById("said").textContent = text
}

/* Put the answer in the place of the planner; nothing else of the page moves. */
function show(page, id) {
  const fresh = new DOMParser().parseFromString(page, "text/html")
  const left = planner().querySelector(".wgrid").scrollLeft
  const found = fresh.getElementById("planner")
  if (!found) return false
  for (const one of found.querySelectorAll("[autofocus]")) one.removeAttribute("autofocus")
  planner().replaceWith(document.adoptNode(found))
  document.querySelector(".week-said")?.remove()
  const frame = planner().querySelector(".wgrid"), card = frame.querySelector(".sel a")
  frame.scrollLeft = left
  if (card) frame.scrollLeft += away(card, frame)
  planner().querySelector(`.wk a[data-id="${id}"]`)?.focus({preventScroll: true})
  const trouble = planner().querySelector(".clash-note h3, #refusal p")
  const said = [planner().querySelector(".ba .to dd"), trouble, ...planner().querySelectorAll(".bullets span")]
  say(said.filter(Boolean).map(one => one.innerText.replace(/\s+/g, " ").trim()).join(". "))
  return true
}

async function look(form, button) {
  const body = new FormData(form)
  body.set("preview", button?.value || "1")
  planner().setAttribute("aria-busy", "true")
  try {
    const answer = await fetch(form.action, {method: "POST", body: new URLSearchParams(body), headers: {Accept: "text/html"}})
    const id = new URL(form.action).pathname.split("/").pop()
    if (!show(await answer.text(), id)) location.reload()
  } catch {
    form.requestSubmit(form.querySelector("[name=preview]"))  // the browser says that there is no connection
  } finally {
    planner().removeAttribute("aria-busy")
  }
}

/* The form of a class: that of the page, or of its own page where another class is chosen. */
async function formOf(link) {
  const own = planner().querySelector("form.change")
  const day = address => new URL(address).searchParams.get("day")
  if (own && new URL(own.action).pathname.endsWith(link.dataset.id) && day(own.action) === day(link.href)) return own
  const answer = await fetch(link.href, {headers: {Accept: "text/html"}})
  const page = new DOMParser().parseFromString(await answer.text(), "text/html")
  return document.adoptNode(page.querySelector("form.change"))
}

async function move(link, day, minute) {
  try {
    const form = await formOf(link)
    form.elements.weekday.value = day.dataset.day
    form.elements.starts_at.value = clock(minute)
    await look(form)
  } catch {
    location.assign(link.href)
  }
}

/* Where a class would be: the day under the pointer, and the quarter of its left edge. */
function target(link, dx, y) {
  const day = days().reduce((best, one) => {
    const box = one.getBoundingClientRect()
    const away = Math.max(box.top - y, y - box.bottom, 0)
    return !best || away < best.away ? {one, away} : best
  }, null).one
  const list = day.querySelector("ol").getBoundingClientRect()
  const minutes = Number(grid().dataset.hours) * 60
  const moved = Math.round(dx / list.width * minutes / QUARTER) * QUARTER
  return {day, minute: within(Number(link.dataset.minute) + moved)}
}

const within = minute => Math.max(0, Math.min(24 * 60 - QUARTER, minute))

function label(link, day, minute) {
  const text = `${dayName(day)} ${clock(minute)}`
  link.dataset.to = text
  return text
}

let drag = null

document.addEventListener("pointerdown", event => {
  const link = event.target.closest?.(".wk a")
  // A finger scrolls, except on the grip.
  if (!link || event.button || event.pointerType === "touch" && !event.target.closest(".grip")) return
  drag = {link, x: event.clientX, y: event.clientY, left: link.closest(".wgrid").scrollLeft, to: null}
})

document.addEventListener("pointermove", event => {
  if (!drag) return
  const frame = drag.link.closest(".wgrid")
  const dx = event.clientX - drag.x + frame.scrollLeft - drag.left, dy = event.clientY - drag.y
  if (!drag.to && Math.hypot(dx, dy) < FAR) return
  drag.link.classList.add("dragged")
  drag.link.style.transform = `translate(${dx}px, ${dy}px)`
  drag.to = target(drag.link, dx, event.clientY)
  label(drag.link, drag.to.day, drag.to.minute)
  const box = frame.getBoundingClientRect()
  if (event.clientX > box.right - 30) frame.scrollLeft += 12
  else if (event.clientX < box.left + 80) frame.scrollLeft -= 12
})

function drop(take) {
  if (!drag) return
  const {link, to} = drag
  drag = null
  link.classList.remove("dragged")
  link.style.transform = ""
  if (!to) return
  delete link.dataset.to
  link.addEventListener("click", event => event.preventDefault(), {once: true})
  setTimeout(() => take && move(link, to.day, to.minute))
}

document.addEventListener("pointerup", () => drop(true))
document.addEventListener("pointercancel", () => drop(false))
document.addEventListener("dragstart", event => event.target.closest?.(".wk a") && event.preventDefault())

/* Space lifts a class, arrows move it, Enter or space puts it down, Escape puts it back. */
let held = null

function letGo() {
  held?.link.classList.remove("held")
  if (held) delete held.link.dataset.to
  held = null
}

const STEPS = {ArrowLeft: [0, -QUARTER], ArrowRight: [0, QUARTER], ArrowUp: [-1, 0], ArrowDown: [1, 0]}

document.addEventListener("keydown", event => {
  if (event.key === "Escape") { drop(false); letGo(); return }
  const link = event.target.closest?.(".wk a")
  if (!link) return
  if (!held && event.key === " ") {
    held = {link, day: link.closest(".wd"), minute: Number(link.dataset.minute)}
    link.classList.add("held")
    say(label(link, held.day, held.minute))
  } else if (held?.link === link && (event.key === " " || event.key === "Enter")) {
    const {day, minute} = held
    letGo()
    move(link, day, minute)
  } else if (held?.link === link && STEPS[event.key]) {
    const [up, later] = STEPS[event.key]
    const all = days()
    held.day = all[Math.max(0, Math.min(6, all.indexOf(held.day) + up))]
    held.minute = within(held.minute + later)
    say(label(link, held.day, held.minute))
  } else return
  event.preventDefault()
})

document.addEventListener("focusout", event => { if (held?.link === event.target) letGo() })

/* The fields: what they say is shown at once. */
document.addEventListener("change", event => {
  const form = event.target.closest?.("form.change")
  if (form && event.target.name !== "reason" && form.checkValidity) look(form)
})

document.addEventListener("submit", event => {
  if (!event.target.matches("form.change") || event.submitter?.name !== "preview") return
  event.preventDefault()
  look(event.target, event.submitter)
})

scrollToChosen()
