// Oboro: counts visits, knows no visitor.
(function () {
  // A page that embeds the script twice is still one page. A pasted copy has no
  // collector, and the path of a saved page names a person's folders.
  var script = document.currentScript;
  if (!script || !script.src || !location.host || window.oboroBeacon) return;
  window.oboroBeacon = true;

  var collector = new URL("hit", script.src);
  var path;     // the path counted last; none before the page is first seen
  var status;   // how the server answered for this document
  var read = 0; // seconds in which the page was read, and not told yet

  // The address of the page: no fragment, and of the query only the three
  // names of a campaign.
  function address() {
    var campaign = location.search.slice(1).split("&").filter(function (pair) {
      return /^utm_(source|medium|campaign)=/.test(pair);
    }).join("&");
    return location.origin + location.pathname + (campaign && "?" + campaign);
  }

  // Of another site its origin; of this site the page, which a broken link needs.
  function trim(referrer) {
    var bare = referrer.split(/[?#]/)[0];
    var origin = bare.split("/", 3).join("/");
    return bare && origin !== location.origin ? origin + "/" : bare;
  }

  // What the page's own style sheets see of the pointer and of the visitor's wishes, a
  // letter each.
  var media = {
    m: "pointer:fine", t: "pointer:coarse", n: "pointer:none",
    f: "forced-colors:active", r: "prefers-reduced-motion:reduce",
    c: "prefers-contrast:more", d: "prefers-color-scheme:dark"
  };
  function seen() {
    return Object.keys(media).filter(function (letter) {
      return matchMedia("(" + media[letter] + ")").matches;
    }).join("");
  }

  // The browser objects, or the visitor has, by a flag that the opt-out page set.
  // Where cookies cannot be read, nobody can tell.
  function objects() {
    try {
      return navigator.globalPrivacyControl || /\boboro_objection=1/.test(document.cookie);
    } catch (e) {
      return true;
    }
  }

  // An objection is told without the page it was made on.
  function view(referrer) {
    path = location.pathname;
    send(objects() ?
      {u: location.origin + "/", e: "objection"} :
      {u: address(), r: trim(referrer), w: innerWidth, m: seen(), st: status});
  }

  // The page is read while it can be seen and has the focus.
  setInterval(function () {
    if (path && !document.hidden && document.hasFocus()) read++;
  }, 1000);

  // How long it was read is told when it is hidden or left. Of an objection the
  // collector is told nothing more.
  function engaged() {
    if (read && !objects()) send({u: location.origin + path, e: "engaged", s: read, st: status});
    read = 0;
  }

  // A string travels as text/plain, so no preflight asks first. Unlike
  // sendBeacon, fetch can leave credentials and the Referer's path at home;
  // sendBeacon serves browsers whose fetch would die with the page.
  function send(body) {
    body = JSON.stringify(body);
    if ("keepalive" in Request.prototype) {
      fetch(collector, {
        method: "POST", body: body, mode: "no-cors", keepalive: true,
        credentials: "omit", referrerPolicy: "origin"
      }).catch(function () {});
    } else {
      navigator.sendBeacon(collector, body);
    }
  }

  // A page counts once it can be seen: not while it is prerendered, and not in
  // a tab that nobody has opened yet.
  function shown() {
    engaged();
    if (path || document.prerendering || document.hidden) return;
    status = +(document.querySelector("meta[name=oboro-status]") || 0).content ||
      (performance.getEntriesByType("navigation")[0] || 0).responseStatus || undefined;
    view(document.referrer);
  }

  // A page of a single-page application. The server answered for another one,
  // so there is no status to tell.
  function moved() {
    if (!path || path === location.pathname) return;
    engaged();
    status = undefined;
    view(location.origin + path);
  }

  var pushState = history.pushState;
  history.pushState = function () {
    pushState.apply(this, arguments);
    moved();
  };
  addEventListener("popstate", moved);

  // A page that comes back from the back/forward cache is shown again.
  addEventListener("pageshow", function (event) {
    if (path && event.persisted) view(document.referrer);
  });

  addEventListener("pagehide", engaged);
  document.addEventListener("prerenderingchange", shown);
  document.addEventListener("visibilitychange", shown);
  shown();
})();
