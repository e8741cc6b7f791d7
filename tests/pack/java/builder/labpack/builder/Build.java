package labpack.builder;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Puts a lab pack together: tests/pack/build calls it with everything compiled and fetched. */
public final class Build {
    private final Path pack;
    private final Product product;
    private final Path stock;
    private final Path classes;
    private final Jars jars;
    private final Tree tree = new Tree();

    private Build(Map<String, String> o) throws Exception {
        pack = Paths.get(o.get("pack"));
        product = new Product(pack, o.get("product"), o.get("version"));
        // Of some versions only the profiles are at hand.
        Path found = o.get("stock").isEmpty() ? null : Paths.get(o.get("stock"), product.top());
        stock = found != null && Files.isDirectory(found.resolve("repository/conf")) ? found : null;
        classes = Paths.get(o.get("classes"));
        Map<String, Path> registry = new HashMap<>();
        for (String name : new String[] {"hazelcast", "osgi", "simpleconfigurator"}) {
            registry.put(name, Paths.get(o.get(name)));
        }
        jars = new Jars(classes, registry);
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> o = new HashMap<>();
        for (int i = 0; i < args.length; i += 2) {
            o.put(args[i].substring(2), args[i + 1]);
        }
        Build build;
        try {
            build = new Build(o);
        } catch (IllegalArgumentException wrong) {
            System.err.println("build: " + wrong.getMessage());
            System.exit(2);
            return;
        }
        build.run(Paths.get(o.get("out")), Integer.parseInt(o.get("bundles")), Long.parseLong(o.get("size")));
    }

    private void run(Path out, int bundlesWanted, long size) throws Exception {
        List<Bundle> bundles = Bundles.read(pack, product);
        Bundles.fillUp(bundles, stock, bundlesWanted);
        scripts();
        configuration();
        launcher();
        data();
        plugins(bundles);
        if (product.kernel.startsWith("4.2.")) {
            patches(bundles);
        }
        if (size > tree.bytes()) {
            pad(bundles, size);
        }
        tree.write(out, product.top(), size > 0 ? 1 : 6);
        System.err.println("build: " + product.fullName() + " " + product.version + " (kernel "
                + product.kernel + "), " + bundles.size() + " bundles, " + tree.size() + " files, " + tree.bytes()
                + " bytes, configuration " + (stock == null ? "our own" : "stock"));
    }

    private void scripts() throws Exception {
        String form = product.kernel.startsWith("4.2.") ? "4.2" : "4.4";
        tree.put("bin/wso2server.sh", product.fill(Files.readAllBytes(pack.resolve("bin/wso2server-" + form + ".sh"))));
        tree.put("bin/ciphertool.sh", "#!/bin/sh\n# lab pack, not WSO2 code: packs have the cipher tool here.\nexit 1\n");
        tree.put("bin/version.txt", product.fullName() + " v" + product.version + "\n");
        tree.put("bin/wso2carbon-version.txt", "WSO2 Carbon Framework v" + product.kernel + "\n");
        tree.put("bin/lab-pack.txt", "lab pack, not WSO2 code: made by tests/pack/build of wmprov.\n"
                + "java=8-17\n");
        tree.put("bin/README.txt", "lab pack, not WSO2 code.\n");
        tree.put("README.txt", "lab pack, not WSO2 code: a stand-in for " + product.fullName() + " " + product.version
                + ",\nlaid out like it, for the tests of wmprov.\n");
        tree.put("release-notes.html", "<html><body>lab pack, not WSO2 code</body></html>\n");
    }

    /** Our own files, the product's over those of all, and real stock files over both where they are at hand. */
    private void configuration() throws Exception {
        tree.putAll(pack.resolve("home/all"), "", product::fill);
        for (String home : product.list("home")) {
            tree.putAll(pack.resolve("home/" + home), "", product::fill);
        }
        for (String path : product.list("crlf")) {
            if (tree.has(path)) {
                String text = new String(tree.get(path), StandardCharsets.UTF_8).replace("\r\n", "\n");
                tree.put(path, text.replace("\n", "\r\n"));
            }
        }
        if (stock != null) {
            tree.putAll(stock.resolve("repository/conf"), "repository/conf/", c -> c);
        }
    }

    private void launcher() throws Exception {
        Map<String, byte[]> entries = new TreeMap<>();
        addClasses(entries, "labpack/launcher");
        entries.put("labpack.properties", Jars.utf8("name=" + product.fullName() + "\nversion=" + product.version
                + "\nkernel=" + product.kernel + "\nkey=" + product.key + "\nserver.key=" + product.get("server.key") + "\n"));
        tree.put("lib/org.wso2.carbon.server-" + product.kernel + ".jar", Jars.pack("Manifest-Version: 1.0\r\n\r\n", entries, 6));
        Map<String, byte[]> boot = new TreeMap<>();
        addClasses(boot, "org/wso2/carbon/bootstrap");
        tree.put("bin/org.wso2.carbon.bootstrap-" + product.kernel + ".jar",
                Jars.pack("Manifest-Version: 1.0\r\n\r\n", boot, 6));
    }

    private void addClasses(Map<String, byte[]> entries, String dir) throws Exception {
        try (java.util.stream.Stream<Path> all = Files.list(classes.resolve(dir))) {
            for (Path p : (Iterable<Path>) all.sorted()::iterator) {
                if (p.toString().endsWith(".class")) {
                    entries.put(dir + "/" + p.getFileName(), Files.readAllBytes(p));
                }
            }
        }
    }

    /** What stands of a user in the stock table. */
    private static final String USER = "UM_ID INTEGER, UM_USER_NAME VARCHAR(255), UM_USER_PASSWORD VARCHAR(255), "
            + "UM_SALT_VALUE VARCHAR(31), UM_CHANGED_TIME TIMESTAMP, UM_TENANT_ID INTEGER";

    /** Tables of the stock names, so that they can be made and counted; the lab pack reads none of them. */
    private static String tables() {
        StringBuilder script = new StringBuilder("-- lab pack: the stock tables' names; one column each, but for users\n");
        for (String name : ("REG_CLUSTER_LOCK REG_LOG REG_PATH REG_CONTENT REG_CONTENT_HISTORY REG_RESOURCE "
                + "REG_RESOURCE_HISTORY REG_COMMENT REG_RESOURCE_COMMENT REG_RATING REG_RESOURCE_RATING REG_TAG "
                + "REG_RESOURCE_TAG REG_PROPERTY REG_RESOURCE_PROPERTY REG_ASSOCIATION REG_SNAPSHOT UM_TENANT UM_USER "
                + "UM_USER_ATTRIBUTE UM_DOMAIN UM_ROLE UM_PERMISSION UM_ROLE_PERMISSION UM_USER_PERMISSION "
                + "UM_USER_ROLE UM_SHARED_USER_ROLE UM_ACCOUNT_MAPPING UM_DIALECT UM_CLAIM UM_PROFILE_CONFIG "
                + "UM_CLAIM_BEHAVIOR UM_HYBRID_ROLE UM_HYBRID_USER_ROLE UM_HYBRID_REMEMBER_ME UM_SYSTEM_USER "
                + "UM_SYSTEM_ROLE UM_SYSTEM_USER_ROLE UM_MODULE").split(" ")) {
            String columns = "UM_USER".equals(name) ? USER : "ID INTEGER";
            script.append("CREATE TABLE ").append(name).append(" (" + columns + "); -- stock name\n");
        }
        return script.toString();
    }

    private void data() throws Exception {
        Keys keys = new Keys();
        tree.put("repository/resources/security/wso2carbon.jks", keys.keystore);
        tree.put("repository/resources/security/client-truststore.jks", keys.truststore);
        byte[] database = new byte[16384];
        System.arraycopy(Jars.utf8("-- lab pack: stands in for an H2 file --\n"), 0, database, 0, 41);
        tree.put("repository/database/WSO2CARBON_DB.h2.db", database);
        for (String kind : new String[] {"h2", "mysql", "oracle", "postgresql", "mssql"}) {
            tree.put("dbscripts/" + kind + ".sql", tables());
        }
        for (String folder : product.list("deployment")) {
            tree.folder("repository/deployment/server/" + folder);
        }
        for (String service : new String[] {"Version", "Echo"}) {
            Map<String, byte[]> aar = new TreeMap<>();
            aar.put("META-INF/services.xml", Jars.utf8("<serviceGroup><service name=\"" + service + "\"/></serviceGroup>\n"));
            tree.put("repository/deployment/server/axis2services/" + service + ".aar",
                    Jars.pack("Manifest-Version: 1.0\r\n\r\n", aar, 6));
        }
        tree.put("repository/components/artifacts.xml", "<?xml version='1.0' encoding='UTF-8'?>\n<repository name='lab pack'/>\n");
        for (String folder : new String[] {"dropins", "lib", "extensions", "patches", "mediators", "features"}) {
            tree.folder("repository/components/" + folder);
        }
        for (String folder : new String[] {"repository/logs", "repository/tenants", "repository/data", "lib/endorsed",
            "lib/tomcat", "repository/lib"}) {
            tree.folder(folder);
        }
        for (String name : new String[] {"tmp/README", "tmp/sampleClient/README.txt", "tmp/sampleServer/README.txt"}) {
            tree.put(name, "lab pack: gone after the first start.\n");
        }
    }

    private void plugins(List<Bundle> bundles) throws Exception {
        for (Bundle b : bundles) {
            byte[] jar = jars.make(b);
            tree.put("repository/components/plugins/" + b.file(), jar);
        }
        for (String profile : product.list("profiles")) {
            String dir = "repository/components/" + profile + "/";
            boolean consoleless = product.list("consoleless").contains(profile);
            tree.put(dir + "configuration/org.eclipse.equinox.simpleconfigurator/bundles.info",
                    Bundles.info(bundles, profile, consoleless));
            tree.put(dir + "configuration/config.ini", configIni(bundles, profile));
            tree.put(dir + "configuration/org.eclipse.update/platform.xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                    + "<config date=\"0\" transient=\"false\" version=\"3.0\"/>\n");
            tree.put(dir + "null.ini", "-install\n/build/labpack/" + profile);
            tree.put("repository/components/p2/org.eclipse.equinox.p2.engine/profileRegistry/" + profile
                    + ".profile/1450000000000.profile", "<profile id='" + profile + "'/>\n");
        }
    }

    /** Patches that the first start applies (carbon 1.6): one replaces what the other brought, one is misnamed. */
    private void patches(List<Bundle> bundles) throws Exception {
        String dir = "repository/components/patches/";
        for (Bundle b : bundles) {
            if (b.name.equals("org.wso2.carbon.base")) {
                tree.put(dir + "patch0001/" + b.file(), jars.make(b.patched("0001")));
                tree.put(dir + "patch0002/" + b.file(), jars.make(b.patched("0002")));
            } else if (b.name.equals("org.wso2.carbon.user.api")) {
                tree.put(dir + "patch0002/" + b.name + "-hotfix.jar", jars.make(b.patched("0002")));
            }
        }
    }

    private static String configIni(List<Bundle> bundles, String profile) {
        Map<String, String> files = new HashMap<>();
        for (Bundle b : bundles) {
            files.put(b.name, b.file());
        }
        return "#Fri Jan 01 00:00:00 UTC 2016\n"
                + "eclipse.p2.profile=" + profile + "\n"
                + "osgi.framework=file\\:../plugins/" + files.get("org.eclipse.osgi") + "\n"
                + "equinox.use.ds=true\n"
                + "org.eclipse.equinox.simpleconfigurator.useReference=true\n"
                + "osgi.bundles=reference\\:file\\:" + files.get("org.eclipse.equinox.simpleconfigurator") + "@1\\:start\n"
                + "org.eclipse.equinox.simpleconfigurator.configUrl="
                + "file\\:org.eclipse.equinox.simpleconfigurator/bundles.info\n"
                + "eclipse.product=carbon.product\n"
                + "eclipse.application=carbon.application\n"
                + "eclipse.p2.data.area=@config.dir/../../p2/\n"
                + "osgi.bundles.defaultStartLevel=4\n";
    }

    /** About 5,000 files in all: small ones in features, the bytes in the bundles without code. */
    private void pad(List<Bundle> bundles, long size) throws Exception {
        int features = Math.max(0, (5000 - tree.size()) / 3);
        for (int i = 0; i < features; i++) {
            String dir = String.format("repository/components/features/org.wso2.carbon.labpack.feature%04d_1.0.0/", i);
            tree.put(dir + "feature.xml", "<feature id=\"labpack" + i + "\" version=\"1.0.0\">lab pack</feature>\n");
            tree.put(dir + "p2.inf", "instructions.configure=labpack" + i + "\n");
            tree.put(dir + "feature.properties", "license=lab pack " + i + "\n");
        }
        List<Bundle> plain = new java.util.ArrayList<>();
        for (Bundle b : bundles) {
            if (!b.values.containsKey("code") && !b.values.containsKey("jar")) {
                plain.add(b);
            }
        }
        long each = Math.max(0, (size - tree.bytes()) / plain.size());
        for (Bundle b : plain) {
            // Between a half and one and a half of the mean, by name: real jars differ too.
            b.padding = each / 2 + (each * Math.floorMod(b.name.hashCode(), 1000)) / 1000;
            tree.put("repository/components/plugins/" + b.file(), jars.make(b));
        }
    }
}
