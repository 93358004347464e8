package io.maru.cli.run;

/** Names of resources, as they are printed: short where they are of the caller's own workspace. */
public final class Names {
    /** Where everybody is as long as nobody signs in. */
    private static final String OWN = "workspaces/default/";

    private Names() {}

    /** A name, or a sentence with names in it. */
    public static String brief(String text) {
        return text.replace(OWN, "");
    }
}
