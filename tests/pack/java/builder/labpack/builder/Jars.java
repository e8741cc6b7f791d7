package labpack.builder;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Makes the jar of a bundle: manifest, compiled classes, services.xml, web files, padding. */
final class Jars {
    private static final byte[] GIF = {'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0, (byte) 0x80, 0, 0, -1, -1, -1, 0, 0, 0,
        0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b};

    private final Path classes;
    private final Map<String, Path> registry;

    /** registry: jars of the Maven registry by the word after jar= . */
    Jars(Path classes, Map<String, Path> registry) {
        this.classes = classes;
        this.registry = registry;
    }

    /** May set the bundle's version to the one that a registry's jar states. */
    byte[] make(Bundle b) throws Exception {
        String from = b.values.get("jar");
        if (from == null) {
            Map<String, byte[]> entries = content(b);
            return pack(manifest(b), entries, b.padding > 0 ? 1 : 6);
        }
        Path jar = registry.get(from);
        if (from.equals("hazelcast")) {
            return rewrapped(b, jar);
        }
        try (JarFile f = new JarFile(jar.toFile())) {
            b.version = f.getManifest().getMainAttributes().getValue("Bundle-Version");
        }
        return Files.readAllBytes(jar);
    }

    private Map<String, byte[]> content(Bundle b) throws Exception {
        Map<String, byte[]> entries = new TreeMap<>();
        for (String code : b.list("code")) {
            Path dir = classes.resolve(code.replace('.', '/'));
            try (java.util.stream.Stream<Path> all = Files.list(dir)) {
                for (Path p : (Iterable<Path>) all.sorted()::iterator) {
                    if (p.toString().endsWith(".class")) {
                        entries.put(code.replace('.', '/') + "/" + p.getFileName(), Files.readAllBytes(p));
                    }
                }
            }
        }
        if (b.values.containsKey("services")) {
            entries.put("META-INF/services.xml", utf8("<!-- lab pack -->\n<serviceGroup>\n    <service name=\"" + b.name
                    + "\"/>\n</serviceGroup>\n"));
        }
        for (String web : b.list("web")) {
            entries.put("web/" + web, web.endsWith(".gif") ? GIF : utf8("/* lab pack: " + web + " */\n"));
        }
        if (b.component() != null && b.namedUi()) {
            entries.put("META-INF/component.xml", utf8("<!-- lab pack -->\n<component xmlns=\"http://products.wso2.org/"
                    + "carbon\"/>\n"));
        }
        entries.put("lab-pack.txt", utf8("lab pack, not WSO2 code: stands in for " + b.name + "\n"));
        if (b.padding > 0) {
            byte[] noise = new byte[(int) b.padding];
            new Random(b.name.hashCode()).nextBytes(noise);
            entries.put("padding.bin", noise);
        }
        return entries;
    }

    private static String manifest(Bundle b) {
        StringBuilder m = new StringBuilder();
        header(m, "Manifest-Version", "1.0");
        header(m, "Bundle-ManifestVersion", "2");
        header(m, "Bundle-Name", b.name);
        header(m, "Bundle-SymbolicName", b.name);
        header(m, "Bundle-Version", b.version);
        header(m, "Bundle-Vendor", "lab pack, not WSO2 code");
        if (b.component() != null) {
            header(m, "Carbon-Component", b.component());
        }
        if (b.values.containsKey("host")) {
            header(m, "Fragment-Host", b.values.get("host"));
        }
        if (b.values.containsKey("activator")) {
            header(m, "Bundle-Activator", b.values.get("activator"));
        }
        List<String> exports = new ArrayList<>();
        if (!b.values.containsKey("host") && (!b.namedUi() || b.name.equals("org.wso2.carbon.ui"))) {
            exports.add(Bundle.packageOf(b.name) + ";version=\"" + b.version.replaceAll("[^0-9.].*$", "")
                    .replaceAll("\\.$", "") + "\"");
        }
        exports.addAll(b.list("export"));
        if (!exports.isEmpty()) {
            header(m, "Export-Package", String.join(",", exports));
        }
        List<String> imports = new ArrayList<>();
        for (String i : b.list("import")) {
            imports.add(Bundle.packageOf(i));
        }
        if (!imports.isEmpty()) {
            header(m, "Import-Package", String.join(",", imports));
        }
        for (Map.Entry<String, String> e : b.values.entrySet()) {
            if (e.getKey().startsWith("header.")) {
                header(m, e.getKey().substring(7), e.getValue());
            }
        }
        return m.append("\r\n").toString();
    }

    /** Lines of at most 72 bytes, as the format asks for. */
    private static void header(StringBuilder m, String name, String value) {
        String line = name + ": " + value;
        int width = 70;
        m.append(line, 0, Math.min(width, line.length())).append("\r\n");
        for (int at = width; at < line.length(); at += width - 1) {
            m.append(' ').append(line, at, Math.min(at + width - 1, line.length())).append("\r\n");
        }
    }

    private static byte[] rewrapped(Bundle b, Path jar) throws Exception {
        Map<String, byte[]> entries = new TreeMap<>();
        List<String> exports = new ArrayList<>();
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            for (ZipEntry e : (Iterable<ZipEntry>) zip.stream().map(x -> (ZipEntry) x)::iterator) {
                if (e.isDirectory() || e.getName().startsWith("META-INF/MANIFEST") || e.getName().startsWith("META-INF/maven")) {
                    continue;
                }
                try (InputStream in = zip.getInputStream(e)) {
                    entries.put(e.getName(), in.readAllBytes());
                }
                int slash = e.getName().lastIndexOf('/');
                String pkg = slash < 0 ? "" : e.getName().substring(0, slash).replace('/', '.');
                if (e.getName().endsWith(".class") && pkg.startsWith("com.hazelcast") && !exports.contains(pkg)) {
                    exports.add(pkg);
                }
            }
        }
        exports.sort(null);
        b.values.put("export", String.join(",", exports));
        return pack(manifest(b), entries, 6);
    }

    static byte[] pack(String manifest, Map<String, byte[]> entries, int level) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (Zip zip = new Zip(bytes, level)) {
            if (manifest != null) {
                new Manifest(new java.io.ByteArrayInputStream(utf8(manifest)));
                zip.add("META-INF/MANIFEST.MF", utf8(manifest), 0644);
            }
            for (Map.Entry<String, byte[]> e : entries.entrySet()) {
                zip.add(e.getKey(), e.getValue(), 0644);
            }
        }
        return bytes.toByteArray();
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
