package labpack.core;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import javax.xml.parsers.DocumentBuilderFactory;
import labpack.conf.ServerConf;
import labpack.conf.Xml;
import labpack.core.spi.Part;
import labpack.core.spi.Scanner;
import labpack.core.spi.Services;
import labpack.http.Exchange;
import labpack.log.Log;
import org.w3c.dom.Element;

/** Axis2 archives below axis2services, deployed while the server runs (real-run 6). */
final class Axis2Services implements Part {
    private static final String TYPE = "org.apache.axis2.deployment.DeploymentEngine";

    private final Map<String, String> names = new ConcurrentHashMap<>();
    private Scanner scanner;

    @Override
    public int rank() {
        return 15;
    }

    @Override
    public void start() throws Exception {
        ServerConf conf = ServerConf.get();
        scanner = new Scanner(new File(conf.deployment(), "axis2services"), ".aar", this::changed);
        scanner.begin();
    }

    private void changed(File file, Scanner.What what) throws Exception {
        String known = names.remove(file.getName());
        if (known != null) {
            Services.remove(known);
        }
        if (what == Scanner.What.GONE) {
            Log.info(TYPE, "Undeploying Web service: " + file.getName());
            return;
        }
        String name = file.getName().replaceAll("\\.aar$", "");
        String answer = null;
        try (ZipFile zip = new ZipFile(file)) {
            ZipEntry entry = zip.getEntry("META-INF/services.xml");
            Element root = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                    .parse(new ByteArrayInputStream(Exchange.readAll(zip.getInputStream(entry)))).getDocumentElement();
            Element service = "service".equals(Xml.local(root)) ? root : Xml.at(root, "service");
            if (service != null && !service.getAttribute("name").isEmpty()) {
                name = service.getAttribute("name");
            }
            ZipEntry text = zip.getEntry("labpack/response.xml");
            if (text != null) {
                answer = new String(Exchange.readAll(zip.getInputStream(text)), "UTF-8").trim();
            }
        }
        ServerConf conf = ServerConf.get();
        String version = conf.productName + "-" + conf.version;
        String body = answer != null ? answer : "<ns:get" + name + "Response xmlns:ns=\"http://labpack\"><return>"
                + ("Version".equals(name) ? version : name) + "</return></ns:get" + name + "Response>";
        names.put(file.getName(), name);
        Services.put(name, e -> e.answer(200, "application/xml;charset=UTF-8", body));
        Log.info(TYPE, "Deploying Web service: " + file.getName() + " - file:" + file.getPath());
    }

    @Override
    public void stop() {
        if (scanner != null) {
            scanner.end();
        }
    }
}
