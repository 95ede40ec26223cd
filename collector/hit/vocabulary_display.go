package hit

// Vocabularies of how a page is shown: what the script tells beside the view. Like the
// others they are closed and only grow at their ends.

// A Viewport is a class of the width of the window that a page is shown in, in CSS
// pixels: what a style sheet sees, after zoom. At 400 % a window of 1280 has 320.
type Viewport uint8

// The classes begin where layouts are used to change: at 360, the narrowest of common
// phones; at 600, where Android and Material Design begin with tablets; at 1024, a
// tablet on its side; at 1440, a wide screen.
const (
	UnknownViewport Viewport = iota
	Under360
	From360
	From600
	From1024
	From1440
	viewports
)

var viewportNames = [viewports]string{Unknown, "under-360", "360-599", "600-1023", "1024-1439", "1440-and-wider"}

// MostWidth is the widest window that there is, in CSS pixels; what says more is made up.
const MostWidth = 16384

// ViewportOf returns the class of a width in CSS pixels. A width below 1 or above
// MostWidth is unknown.
func ViewportOf(width int) Viewport {
	switch {
	case width < 1, width > MostWidth:
		return UnknownViewport
	case width < 360:
		return Under360
	case width < 600:
		return From360
	case width < 1024:
		return From600
	case width < 1440:
		return From1024
	}
	return From1440
}

// Code returns the class's code, such as "360-599".
func (v Viewport) Code() string { return viewportNames[v] }

// ViewportCodes returns the codes of all classes.
func ViewportCodes() []string { return viewportNames[:] }

// Media is what the script tells of the browser's media queries: a set of answers, as
// they are for the style sheets of the page. It is made by [MediaOf]; the zero Media
// says nothing. The vocabularies below are made of it.
type Media uint8

const (
	pointer Media = 1<<2 - 1 // an Input

	told Media = 1 << (iota + 1) // the script told something
	forced
	reduced
	more
	dark
)

// mostMedia is how many letters are read. There are seven.
const mostMedia = 16

// MediaOf returns what the letters of the field "m" say: "m", "t" and "n" that the main
// pointer is a mouse (or another fine one), a finger (or another coarse one), or that
// there is none; "f" that colours are forced, "r" that motion is to be reduced, "c" that
// more contrast is asked for, "d" that a dark theme is. Other letters say nothing, and
// neither does an empty field.
func MediaOf(letters string) Media {
	var m Media
	for i := range min(len(letters), mostMedia) {
		switch letters[i] {
		case 'm':
			m |= told
			if m.Input() != Touch {
				m = m&^pointer | Media(Mouse)
			}
		case 't':
			m = m&^pointer | told | Media(Touch)
		case 'n':
			m |= told
			if m.Input() == UnknownInput {
				m |= Media(OtherInput)
			}
		case 'f':
			m |= told | forced
		case 'r':
			m |= told | reduced
		case 'c':
			m |= told | more
		case 'd':
			m |= told | dark
		}
	}
	return m
}

// Only returns what m says to the dimensions of a set, and nothing else: what no
// statistic counts by is not kept beside what one does.
func (m Media) Only(by Dimensions) Media {
	var mask Media
	if by.Has(ByInput) {
		mask = pointer
	}
	if by.Has(ByMotion) {
		mask |= told | reduced
	}
	if by.Has(ByContrast) {
		mask |= told | more
	}
	if by.Has(ByColours) {
		mask |= told | forced
	}
	if by.Has(ByTheme) {
		mask |= told | dark
	}
	return m & mask
}

// is returns the second of two words where the answer is in m, the first where it is
// not, and the zero word where m says nothing.
func is[T ~uint8](m, answer Media, no, yes T) T {
	switch {
	case m&told == 0:
		return 0
	case m&answer != 0:
		return yes
	}
	return no
}

// An Input is what someone points with.
type Input uint8

// The kinds of input. OtherInput is no pointer at all, as on a television.
const (
	UnknownInput Input = iota
	Mouse
	Touch
	OtherInput
	inputs
)

var inputNames = [inputs]string{Unknown, "mouse", "touch", "other"}

// Input returns the main pointer. A browser that answers for several has the coarser
// one, for which a page must be made.
func (m Media) Input() Input { return Input(m & pointer) }

// Code returns the input's code, such as "touch".
func (i Input) Code() string { return inputNames[i] }

// InputCodes returns the codes of all kinds.
func InputCodes() []string { return inputNames[:] }

// noPreference is the code of what nobody asked for. A browser that does not know the
// question is counted so too: its style sheets see the same.
const noPreference = "no-preference"

// A Motion is whether less motion is asked for (prefers-reduced-motion).
type Motion uint8

// The preferences.
const (
	UnknownMotion Motion = iota
	AnyMotion
	ReducedMotion
	motions
)

var motionNames = [motions]string{Unknown, noPreference, "reduced"}

// Motion returns whether less motion is asked for.
func (m Media) Motion() Motion { return is(m, reduced, AnyMotion, ReducedMotion) }

// Code returns the preference's code, such as "reduced".
func (m Motion) Code() string { return motionNames[m] }

// MotionCodes returns the codes of all preferences.
func MotionCodes() []string { return motionNames[:] }

// A Contrast is whether more contrast is asked for (prefers-contrast: more).
type Contrast uint8

// The preferences. AnyContrast holds less contrast too.
const (
	UnknownContrast Contrast = iota
	AnyContrast
	MoreContrast
	contrasts
)

var contrastNames = [contrasts]string{Unknown, noPreference, "more"}

// Contrast returns whether more contrast is asked for.
func (m Media) Contrast() Contrast { return is(m, more, AnyContrast, MoreContrast) }

// Code returns the preference's code, such as "more".
func (c Contrast) Code() string { return contrastNames[c] }

// ContrastCodes returns the codes of all preferences.
func ContrastCodes() []string { return contrastNames[:] }

// Colours says whether the colours of the page are replaced by a few of the reader's
// (forced-colors), as the high contrast of Windows does.
type Colours uint8

// The preferences.
const (
	UnknownColours Colours = iota
	AnyColours
	ForcedColours
	colours
)

var coloursNames = [colours]string{Unknown, noPreference, "forced"}

// Colours returns whether colours are forced.
func (m Media) Colours() Colours { return is(m, forced, AnyColours, ForcedColours) }

// Code returns the preference's code, such as "forced".
func (c Colours) Code() string { return coloursNames[c] }

// ColoursCodes returns the codes of all preferences.
func ColoursCodes() []string { return coloursNames[:] }

// A Theme is the theme that is asked for (prefers-color-scheme).
type Theme uint8

// The themes. LightTheme holds those who asked for none: browsers say light for both.
const (
	UnknownTheme Theme = iota
	LightTheme
	DarkTheme
	themes
)

var themeNames = [themes]string{Unknown, "light", "dark"}

// Theme returns the theme that is asked for.
func (m Media) Theme() Theme { return is(m, dark, LightTheme, DarkTheme) }

// Code returns the theme's code, such as "dark".
func (t Theme) Code() string { return themeNames[t] }

// ThemeCodes returns the codes of all themes.
func ThemeCodes() []string { return themeNames[:] }
