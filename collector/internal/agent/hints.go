package agent

import "oboro/collector/hit"

// OfHints returns what userAgent tells together with the three client hints that
// browsers of Chromium send unasked: the brands as their header has them, whether the
// device is mobile, and the [Platform]. Brands that are empty or cannot be read are as if
// they had not been sent. No other hint is read, and none is asked for: a model, a
// platform's version or a full version would tell more than any statistic counts.
//
// A browser that is built on Chrome may write Chrome's User-Agent and give its own name
// among the brands alone. So, for the family, in this order:
//
//   - what the User-Agent names, if that is neither Chrome nor a system's own browser:
//     an app that shows a page inside brings the brands of what it is built on;
//   - the brand of a family we know, the last of several (Opera names itself twice);
//   - "Google Chrome";
//   - a brand that we do not know, which is another browser;
//   - the User-Agent where it names Chrome, and "Chromium", which is Chrome too;
//   - the User-Agent.
//
// The version comes from where the family comes from.
//
// For the system the platform stands above the User-Agent (a phone that asks for desktop
// pages says Linux there), except where the User-Agent names a system that calls itself
// by its base: HarmonyOS, Tizen, KaiOS, televisions and consoles. The class of device
// follows from the system and the User-Agent; a device that says it is mobile is a phone
// where these say nothing more exact than a desktop or an Android device.
func OfHints(userAgent, brands string, mobile bool, platform hit.System) Agent {
	header := bounded(userAgent)
	seen := see(header)
	system, named := seen.system()
	b := seen.browser(system)
	if platform != hit.OtherSystem && !(named && basedOnAnother(system)) {
		system = platform
	}
	a := Agent{System: system}
	var exact bool
	if a.Device, exact = seen.device(system); !exact && mobile {
		a.Device = hit.Phone
	}
	a.Browser, a.Version = b.read(header)
	a.hint(b, brandsOf(bounded(brands)))
	return a
}

// basedOnAnother reports whether a system that a User-Agent names may give another as its
// platform: the one that it is made from.
func basedOnAnother(s hit.System) bool {
	switch s {
	case hit.OtherSystem, hit.HarmonyOS, hit.Tizen, hit.KaiOS:
		return true
	}
	return false
}

// hint puts the brands' answer in place of the User-Agent's, where it is the better one.
func (a *Agent) hint(b *browser, told brands) {
	switch {
	case b != nil && !b.common():
	case told.family != hit.OtherBrowser:
		a.Browser, a.Version = told.family, told.version
	case told.stranger:
		a.Browser, a.Version = hit.OtherBrowser, 0
	case told.engine && a.Browser != hit.Chrome:
		a.Browser, a.Version = hit.Chrome, told.base
	}
}

// common reports whether others write b's marks too.
func (b *browser) common() bool {
	switch b.browser {
	case hit.Chrome, hit.Safari, hit.AndroidBrowser:
		return true
	}
	return false
}

// Mobile is what the hint of mobile devices is on one.
const Mobile = "?1"

// Platform returns the system that the hint of the platform names, a string in quotation
// marks; hit.OtherSystem where it names none that we do.
func Platform(hint string) hit.System {
	switch hint {
	case `"Windows"`:
		return hit.Windows
	case `"macOS"`:
		return hit.MacOS
	case `"iOS"`:
		return hit.IOS
	case `"Android"`:
		return hit.Android
	case `"Linux"`:
		return hit.Linux
	case `"Chrome OS"`, `"Chromium OS"`:
		return hit.ChromeOS
	}
	return hit.OtherSystem
}
