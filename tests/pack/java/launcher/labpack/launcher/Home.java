package labpack.launcher;

import java.io.File;

/** The paths of one product home that the launcher touches. */
final class Home {
    final File root;
    final File components;
    final File dropins;
    final String profile;

    Home(File root, String profile) {
        this.root = root;
        this.components = new File(root, "repository/components");
        this.dropins = new File(components, "dropins");
        this.profile = profile;
    }

    File profileDir() {
        return new File(components, profile);
    }

    File bundlesInfo() {
        return new File(profileDir(), "configuration/org.eclipse.equinox.simpleconfigurator/bundles.info");
    }
}
