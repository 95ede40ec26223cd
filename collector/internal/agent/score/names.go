package main

import (
	"strings"

	"oboro/collector/hit"
)

// families and systems say what ours are called by others, in lower case. What is not
// here is one that we do not name.
var (
	families = byName(map[hit.Browser]string{
		hit.Chrome:           "chrome, chrome mobile, chrome webview, chrome mobile webview, chrome mobile ios, headless chrome, headlesschrome, chromium",
		hit.Safari:           "safari, mobile safari, mobile safari ui/wkwebview",
		hit.Edge:             "edge, edge mobile, microsoft edge",
		hit.Firefox:          "firefox, firefox mobile, firefox ios, firefox mobile ios, firefox focus, firefox klar, firefox alpha, firefox beta, firefox rocket, firefox (namoroka), firefox (shiretoko), firefox (minefield)",
		hit.SamsungInternet:  "samsung internet, samsung browser, samsung browser lite",
		hit.Opera:            "opera, opera mobile, opera mini, opera mini ios, opera next, opera touch, opera gx, opera neon, opera coast, opera tablet, opera devices, opera crypto",
		hit.InternetExplorer: "ie, ie mobile, internet explorer",
		hit.AndroidBrowser:   "android, android browser",
		hit.GoogleApp:        "google, google search app",
		hit.LINE:             "line",
		hit.YahooJapan:       "yahoo! japan, yahoo! japan browser",
		hit.SmartNews:        "smartnews",
		hit.Facebook:         "facebook, facebook lite, facebook messenger, facebook messenger lite",
		hit.Instagram:        "instagram",
		hit.XApp:             "twitter",
		hit.DuckDuckGo:       "duckduckgo, duckduckgo mobile, duckduckgo privacy browser",
		hit.Vivaldi:          "vivaldi",
		hit.Brave:            "brave, brave mobile",
		hit.Yandex:           "yandex browser, yandex browser lite, yandex, yandexsearch",
		hit.UCBrowser:        "uc browser, uc browser mini, uc browser hd, uc browser turbo",
		hit.MiuiBrowser:      "miui browser, miuibrowser, mi browser",
		hit.HuaweiBrowser:    "huawei browser, huawei browser mobile",
		hit.Silk:             "amazon silk, mobile silk",
		hit.Naver:            "naver",
		hit.WeChat:           "wechat",
	})
	systems = byName(map[hit.System]string{
		hit.Windows:   "windows",
		hit.MacOS:     "mac os x, mac, mac os",
		hit.IOS:       "ios, ipados",
		hit.Android:   "android, fire os",
		hit.Linux:     "linux, gnu/linux, ubuntu, debian, fedora, gentoo, red hat, mandriva, suse, centos, mint, arch linux, kubuntu, knoppix, lubuntu, xubuntu, slackware",
		hit.ChromeOS:  "chrome os, chromium os",
		hit.HarmonyOS: "harmonyos",
		hit.Tizen:     "tizen",
		hit.KaiOS:     "kaios",
	})
)

func byName[T comparable](names map[T]string) map[string]T {
	ours := map[string]T{}
	for one, list := range names {
		for name := range strings.SplitSeq(list, ", ") {
			ours[name] = one
		}
	}
	return ours
}
