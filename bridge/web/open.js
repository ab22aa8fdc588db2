// The first page of a browser that was started with a file: it goes on to the page that its address
// names, with the ticket. To the browser the file is another site, which may open no other page.

const PAGES = ["/", "/setup", "/inspect"];

const fragment = new URLSearchParams(location.hash.slice(1));
const page = new URL(fragment.get("page") || "/", location.origin);
// Any site may link to this page, so it leads to pages of the bridge only.
if (page.origin === location.origin && PAGES.includes(page.pathname)) {
  const ticket = new URLSearchParams({ ticket: fragment.get("ticket") || "" });
  page.hash = page.hash ? `${page.hash}&${ticket}` : `${ticket}`;
  location.replace(page);
} else {
  document.getElementById("outcome").textContent =
    "This link does not lead to a page of the bridge.";
}
