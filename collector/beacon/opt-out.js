// Oboro: a button by which a visitor objects to being counted. A page of the site has an
// element with the id oboro-opt-out, into which the button goes, in Japanese or English as
// the page is.
(function () {
  var place = document.getElementById("oboro-opt-out");
  if (!place) return;
  var japanese = /^ja/.test((place.closest("[lang]") || 0).lang);
  var texts = japanese ? {
    counted: "今は、このブラウザによる閲覧を集計しています。",
    object: "集計を拒否する",
    objects: "今は、このブラウザによる閲覧を集計していません。",
    back: "拒否を取り消す",
    failed: "ブラウザが印を保存しなかったので、変わっていません。Global Privacy Control を有効にする方法もあります。"
  } : {
    counted: "At present this browser is counted.",
    object: "Do not count me",
    objects: "At present this browser is not counted.",
    back: "Count me again",
    failed: "Nothing has changed: the browser did not store the flag. You can turn on Global Privacy Control instead."
  };

  // The one flag, which tells nobody from anybody.
  function flagged() {
    return /\boboro_objection=1/.test(document.cookie);
  }

  function show(failed) {
    state.textContent = failed ? texts.failed : flagged() ? texts.objects : texts.counted;
    button.textContent = flagged() ? texts.back : texts.object;
  }

  var state = document.createElement("p");
  state.setAttribute("role", "status");
  var button = document.createElement("button");
  button.type = "button";
  button.addEventListener("click", function () {
    var before = flagged();
    document.cookie = "oboro_objection=1; path=/; max-age=" + (before ? 0 : 34560000) + "; samesite=lax" +
      (location.protocol === "https:" ? "; secure" : "");
    show(before === flagged());
  });
  place.append(state, button);
  show(false);
})();
