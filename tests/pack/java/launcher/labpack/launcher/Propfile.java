package labpack.launcher;

import java.io.File;
import java.io.FileOutputStream;
import java.nio.file.Files;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** conf/log4j.properties becomes a fragment of the logging bundle, in dropins (carbon 1.6). */
final class Propfile {
    static final String NAME = "org.wso2.carbon.logging.propfile";

    private Propfile() {}

    /** Without COMP/dropins there is no fragment, so the log stays silent (real-run 3). */
    static void write(Home home) {
        new File(home.root, "tmp").mkdirs();
        File conf = new File(home.root, "repository/conf/log4j.properties");
        File jar = new File(home.dropins, NAME + "_1.0.0.jar");
        try (JarOutputStream out = new JarOutputStream(new FileOutputStream(jar), manifest())) {
            out.putNextEntry(new JarEntry("log4j.properties"));
            Files.copy(conf.toPath(), out);
            out.closeEntry();
        } catch (Exception e) {
            Console.line("ERROR", "org.wso2.carbon.server.extensions.Log4jPropFileFragmentBundleCreator",
                    "Error occured while creating the log4j prop fragment bundle. " + e);
        }
    }

    private static Manifest manifest() {
        Manifest m = new Manifest();
        Attributes a = m.getMainAttributes();
        a.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        a.putValue("Bundle-ManifestVersion", "2");
        a.putValue("Bundle-Name", NAME);
        a.putValue("Bundle-SymbolicName", NAME);
        a.putValue("Bundle-Version", "1.0.0");
        a.putValue("Fragment-Host", "org.wso2.carbon.logging");
        return m;
    }
}
